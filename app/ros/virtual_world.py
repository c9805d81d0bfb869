"""The world of the virtual robot: physics with a watchdog.

Nothing here knows about ROS. Until its first command the robot is held where it stands:
time goes on and physics rests. It obeys one commander, and stands by itself when that
one falls silent (`sim2real/command_watchdog.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from app.ros.virtual_judge import VirtualJudge
from app.truth import Witness
from configs.schema import RobotConfig, SceneConfig
from sim2real.backends.imperfections import Imperfections
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.command_watchdog import CommandWatchdog
from sim2real.guard import GuardConfig
from sim2real.hazards import Reaction, WatchdogConfig
from sim2real.mujoco_crane import Crane
from sim2real.mujoco_model import CONTROL_DT
from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.robot_parameters import RobotParameters
from sim2real.ros2.authority import ITSELF

NOBODY = "somebody without a name"
"""Who sends commands without saying who."""


class VirtualWorld:
    """One robot in MuJoCo, its watchdog, and the judge of its tasks.

    Attributes:
        judge: who sees the physics.
    """

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        *,
        period: float,
        parameters: RobotParameters | None = None,
        imperfections: Imperfections | None = None,
        command_timeout_s: float | None = None,
        hoisted: bool = False,
    ) -> None:
        """Take the robot and the scene; `reset` builds the world.

        Args:
            robot: from `load_robot`.
            scene: from `load_scene`.
            period: between two states [s].
            parameters: how this very robot differs from the nominal one.
            imperfections: of sensors, on top of those.
            command_timeout_s: without a command for so long it stands by itself [s].
            hoisted: it hangs in the air until it holds its pose, and is lowered then.
        """
        self.robot = robot
        self.period = period
        default = WatchdogConfig().command_timeout_s
        patience = default if command_timeout_s is None else command_timeout_s
        limits = WatchdogConfig(command_timeout_s=patience)
        self._watch_every = max(1, round(CONTROL_DT / period))
        self._gate = CommandWatchdog(
            robot, self._watch_every * period, GuardConfig(watchdogs=limits)
        )
        self._backend = MujocoBackend(
            robot,
            scene,
            physics_dt=min(period, 0.005),
            control_dt=period,
            parameters=parameters,
            imperfections=imperfections,
        )
        self._hoisted = hoisted
        self._crane: Crane | None = None
        self.seed = 0

    def reset(self, seed: int) -> None:
        """Draw the scene anew and hang the robot at its start."""
        self.seed = seed
        self.state = self._backend.reset(seed)
        self._gate.reset()
        self._crane = None
        if self._hoisted:
            model, data = self._backend.model, self._backend.data
            self._crane = Crane(model, data, self.robot)
            self.state = self._backend.place(self._backend.true_state())
        self._command: JointCommand | None = None
        self.ticks = 0
        self.judge = VirtualJudge(Witness(self._backend))

    @property
    def objects(self) -> Mapping[str, ObjectState]:
        """What perception reports."""
        return self._backend.objects()

    @property
    def hangs(self) -> bool:
        """Whether it waits for its first command."""
        return self._command is None

    @property
    def carried(self) -> bool:
        """Whether a crane holds it."""
        return self._crane is not None and not self._crane.slack

    @property
    def reaction(self) -> Reaction:
        """How far its own watchdog went because nobody commanded it."""
        return self._gate.reaction

    @property
    def commander(self) -> str:
        """Who has the joints; empty before the first command."""
        if self._gate.reaction is not Reaction.OK:
            return ITSELF
        return self._gate.owner or ""

    @property
    def fell(self) -> bool:
        """Whether the base is on its way to the floor, or there."""
        return float(self._backend.true_state().base_pos_w[2]) < 0.5

    def obey(
        self, command: JointCommand, source: str = "", *, waits: bool = False
    ) -> bool:
        """Take a command for the steps that follow; return False if it is refused.

        A commander who fell silent is not listened to again: another name may have the
        joints, once they were free for a second.

        Args:
            command: for the motors.
            source: who sends it.
            waits: in lock-step the robot waits for its commander, whoever that is.
        """
        gate, name = self._gate, source or NOBODY
        if waits and gate.owner not in (None, name):
            gate.reset()
        if not gate.obey(command, name, self.ticks * self.period):
            return False
        self._command = command
        return True

    def advance(self) -> RobotState:
        """Let one period pass and return what is measured then."""
        if self._command is not None:
            if self.ticks % self._watch_every == 0:
                now = self.ticks * self.period
                self._command = self._gate.command(self.state, now)
            if self._crane is not None:
                self._crane.move(self._command, self.period)
            self.state = self._backend.step(self._command)
        self.ticks += 1
        if self._command is not None:
            self.judge.pass_time(self.period)
        return self.state

    def close(self) -> None:
        """Drop the physics."""
        self._backend.close()
