"""The robot's side of the commands: one commander, and a stand for its silence.

Whoever drives the motors asks this for the command of each tick. The first commander
that is accepted keeps the joints; every other one is refused and counted. When the
commander falls silent the last command is held for a moment, then the robot stands by
itself, until `reset` or until another commander claims the joints.
"""

from __future__ import annotations

from collections import Counter

from configs.schema import RobotConfig
from sim2real.guard import Guard, GuardConfig
from sim2real.hazards import Hazard, Reaction
from sim2real.health import Health
from sim2real.robot import JointCommand, RobotState

CLAIM_AFTER_S = 1.0  # of silence, another commander may have the joints [s]
RECENT_S = 1.0  # for so long a refused commander is talked of [s]


class CommandWatchdog:
    """Accepts commands of one source, and replaces them when they stop coming."""

    def __init__(
        self, robot: RobotConfig, control_dt: float, config: GuardConfig | None = None
    ) -> None:
        """Take the robot.

        Args:
            robot: a biped with the joint names of a G1.
            control_dt: time between two calls of `command` [s].
            config: limits of the stand; `command_timeout_s` is among its watchdogs'.
        """
        self._robot = robot
        self._guard = Guard(robot, control_dt, config)
        self._timeout = self._guard.config.watchdogs.command_timeout_s
        self.reset()

    def reset(self) -> None:
        """Nobody has the joints; the robot is limp until somebody commands it."""
        self._guard.reset()
        self.owner: str | None = None
        self.refused: Counter[str] = Counter()  # commands of others
        self.limp = False  # folded, and let go
        self._refused_at: dict[str, float] = {}
        self._last: JointCommand | None = None
        self._came = 0.0

    @property
    def reaction(self) -> Reaction:
        """How far it went because of the silence."""
        if self.limp:
            return Reaction.DAMPED
        response = self._guard.response
        return Reaction.OK if response is None else response.reaction

    def obey(self, command: JointCommand, source: str, now: float) -> bool:
        """Take a command; whoever sends it may claim joints that nobody uses.

        A commander who fell silent is not listened to again under that name: another
        one may have the joints, once they were free for long enough.

        Args:
            command: for the motors.
            source: who sent it.
            now: time at which it came [s].

        Returns:
            Whether it is obeyed.
        """
        if self.owner not in (None, source) and not self.claim(source, now):
            return False
        return self.accept(command, source, now)

    def accept(self, command: JointCommand, source: str, now: float) -> bool:
        """Take a command; return False if it is refused.

        Args:
            command: for the motors.
            source: who sent it.
            now: time at which it came [s].
        """
        if self.owner is None:
            self.owner = source
        if source != self.owner:
            self.refused[source] += 1
            self._refused_at[source] = now
            return False
        if self._guard.response is not None or self.limp:
            return False  # it stands by itself; `claim` or `reset` ends that
        self._last, self._came = command, now
        return True

    def claim(self, source: str, now: float) -> bool:
        """Give the joints to a commander if nobody has used them for long enough."""
        silent = self._last is None or now - self._came >= CLAIM_AFTER_S
        if self.owner not in (None, source) and not silent:
            self.refused[source] += 1
            self._refused_at[source] = now
            return False
        self._guard.reset()
        self.owner, self.limp = source, False
        self._came = now
        return True

    def others(self, now: float) -> tuple[str, ...]:
        """Return who was refused lately."""
        recent = [s for s, at in self._refused_at.items() if now - at < RECENT_S]
        return tuple(sorted(recent))

    def command(self, state: RobotState, now: float) -> JointCommand:
        """Return what the motors are to obey now.

        Args:
            state: as the robot itself measures it now.
            now: [s].
        """
        if self._last is None or self.limp:
            return self._limp(state)
        silent = now - self._came > self._timeout + 1e-9
        if silent and not self._last.stiffness.any():
            return self._limp(state)  # it was told to lie or hang: it stays limp
        if self._guard.response is None and silent:
            self._guard.take(Hazard.POLICY, state)
        for found in self._guard.look(state, Health()):
            if found.kind is Hazard.UNSTEADY:
                self._guard.take(found.kind, state)
        if self._guard.response is None:
            self._guard.keep(state, self._last)
            return self._last
        command = self._guard.step(state)
        self.limp = command is None
        return self._limp(state) if command is None else command

    def _limp(self, state: RobotState) -> JointCommand:
        return JointCommand(
            joint_pos=state.joint_pos.copy(),
            stiffness=0.0 * self._robot.stiffness,
            damping=2.0 * self._robot.damping,
        )
