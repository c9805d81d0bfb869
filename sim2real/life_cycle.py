"""From a robot that hangs limp to one that carries out tasks, and back; plain data.

    unchecked -> checked -> damping -> ramp -> stand -> balance -> task
                                ^                                   |
                                +----- standing / limp  <-----------+  faults

Whoever drives the robot, the ROS node or a command, calls `step` once a tick and sends
what comes back: a command, or None where the skills have the joints. A robot that is
not hoisted (`LifeCycleConfig`) goes from `checked` straight to `balance`. Every
transition has named conditions, which are looked at again in every tick; time is the
robot's. A request that the conditions refuse changes nothing and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from configs.schema import RobotConfig
from sim2real.hazards import Reaction
from sim2real.life_cycle_conditions import (
    Condition,
    Facts,
    Here,
    LifeCycleConfig,
    alone,
    at_rest,
    calm,
    checked,
    fresh,
    in_pose,
    operator,
    stood,
    upright,
)
from sim2real.ramp import Ramp
from sim2real.robot import JointCommand, RobotState

__all__ = ["Facts", "LifeCycle", "LifeCycleConfig", "Phase", "Refusal", "Request"]


class Phase(str, Enum):
    """Where the robot is on its way."""

    UNCHECKED = "unchecked"
    CHECKED = "checked"
    DAMPING = "damping"  # limp against damping; hangs, or lies
    RAMP = "ramp"  # joints move slowly to the default pose
    STAND = "stand"  # they hold it, stiff; feet are to come on the ground now
    BALANCE = "balance"  # the standing policy has the legs
    TASK = "task"
    FAULT_STANDING = "fault_standing"  # a fault ended the task, the robot is up
    FAULT_LIMP = "fault_limp"


class Request(str, Enum):
    """What an operator, or whoever stands for one, may ask for."""

    CHECKED = "checked"  # the checks were made; `Facts.checks_failed` says how
    START = "start"  # one phase further
    TASK = "task"
    STOP = "stop"  # end the task and balance; before balance: limp, it hangs
    PAUSE = "pause"  # the task waits, `balance` stands
    RESUME = "resume"
    LIMP = "limp"  # let go, also where it stands: it is to hang or to lie
    RESET = "reset"  # after a fault: from the beginning


@dataclass(frozen=True)
class Refusal:
    """A request that was not granted, and why, in one line."""

    request: Request
    text: str


class LifeCycle:
    """The phases, and what may lead from one to the next."""

    def __init__(
        self,
        robot: RobotConfig,
        control_dt: float,
        config: LifeCycleConfig | None = None,
    ) -> None:
        """Begin unchecked.

        Args:
            robot: whose joints these are.
            control_dt: from one tick to the next [s].
            config: limits.
        """
        self.config = config or LifeCycleConfig()
        self.phase = Phase.UNCHECKED
        self.since = 0.0  # robot time at which this phase began [s]
        self.history: list[tuple[float, Phase, str]] = []
        self._robot = robot
        self._ramp = Ramp(robot, control_dt)
        self.paused = False  # of a task
        legs = robot.joints_of("legs", "waist")
        self._legs = [robot.joint_names.index(name) for name in legs]

    @property
    def skills_may_move(self) -> bool:
        """Whether the skills have the joints; else `step` returns the command."""
        return self.phase in (Phase.BALANCE, Phase.TASK, Phase.FAULT_STANDING)

    def ask(self, request: Request, state: RobotState, facts: Facts) -> Refusal | None:
        """Grant a request, or say why not.

        Args:
            request: of the operator.
            state: now.
            facts: now.
        """
        if request in (Request.STOP, Request.LIMP):
            self._stop(request, state)
            return None
        if request in (Request.PAUSE, Request.RESUME) and self.phase is Phase.TASK:
            self.paused = request is Request.PAUSE
            return None
        to = self._way(request)
        if to is None:
            known = sorted(r.value for p, r in _WAYS if p is self.phase)
            return Refusal(
                request,
                f"'{request.value}' makes no sense while {self.phase.value}; possible: "
                f"{', '.join([*known, Request.STOP.value, Request.LIMP.value])}",
            )
        for condition in self._guards(to):
            wrong = condition(self._here, state, facts)
            if wrong is not None:
                return Refusal(request, f"not {to.value}: {wrong}")
        self._go(to, state, request.value)
        return None

    def step(self, state: RobotState, facts: Facts) -> JointCommand | None:
        """Go on by one tick; return the command, or None: the skills have the joints.

        Args:
            state: now.
            facts: now.
        """
        self._watch(state, facts)
        if self.phase is Phase.RAMP and self._ramp.done:
            self._go(Phase.STAND, state, "the default pose is reached")
        if self.phase is Phase.TASK and facts.task_over:
            self._go(Phase.BALANCE, state, "the task is over")
        if self.skills_may_move:
            return None
        if self.phase in (Phase.RAMP, Phase.STAND):
            return self._ramp.step()
        return self._limp(state)

    def _way(self, request: Request) -> Phase | None:
        to = _WAYS.get((self.phase, request))
        if to is Phase.DAMPING and not self.config.hoisted:
            return Phase.BALANCE
        return to

    def _guards(self, to: Phase) -> tuple[Condition, ...]:
        if to is Phase.BALANCE and not self.config.hoisted:
            return _TAKE_OVER
        return _GUARDS[to]

    @property
    def _here(self) -> Here:
        return Here(
            robot=self._robot, config=self.config, legs=self._legs, since=self.since
        )

    # --- parts ------------------------------------------------------------------------

    def _watch(self, state: RobotState, facts: Facts) -> None:
        """Leave a phase whose conditions hold no longer."""
        moving = (Phase.RAMP, Phase.STAND, Phase.BALANCE, Phase.TASK)
        if self.phase not in (*moving, Phase.FAULT_STANDING):
            return
        if facts.reaction is Reaction.DAMPED:
            self._go(Phase.FAULT_LIMP, state, "safety let go of the joints")
        elif self.phase is Phase.FAULT_STANDING:
            return
        elif facts.reaction.rank >= Reaction.STAND.rank:
            self._go(Phase.FAULT_STANDING, state, "safety ended the task")
        elif self.phase is Phase.RAMP:
            # It hangs, so it may go limp. A stand holds without anybody.
            for condition in (fresh, operator, alone):
                wrong = condition(self._here, state, facts)
                if wrong is not None:
                    self._go(Phase.FAULT_LIMP, state, wrong)
                    return

    def _stop(self, request: Request, state: RobotState) -> None:
        limp = request is Request.LIMP
        hangs = self.phase in (Phase.RAMP, Phase.STAND)
        stands = self.phase in (Phase.BALANCE, Phase.TASK)
        idle = self.phase in (Phase.UNCHECKED, Phase.CHECKED)
        if hangs or (stands and limp and self.config.hoisted):
            self._go(Phase.DAMPING, state, request.value)
        elif limp and (stands or idle or self.phase is Phase.FAULT_STANDING):
            self._go(Phase.FAULT_LIMP, state, request.value)
        elif self.phase is Phase.TASK:
            self._go(Phase.BALANCE, state, request.value)

    def _go(self, to: Phase, state: RobotState, why: str) -> None:
        self.phase, self.since, self.paused = to, state.time, False
        self.history.append((state.time, to, why))
        if to is Phase.RAMP:
            self._ramp.start(state)

    def _limp(self, state: RobotState) -> JointCommand:
        return JointCommand(
            joint_pos=state.joint_pos.copy(),
            stiffness=np.zeros_like(self._robot.stiffness),
            damping=2.0 * self._robot.damping,
        )


_GUARDS: Mapping[Phase, tuple[Condition, ...]] = {
    Phase.UNCHECKED: (),
    Phase.CHECKED: (checked,),
    Phase.DAMPING: (fresh, operator, alone),
    Phase.RAMP: (fresh, operator, alone, at_rest),
    Phase.BALANCE: (fresh, operator, alone, upright, in_pose, stood, calm),
    Phase.TASK: (fresh, operator, alone, upright, calm),
}
"""What must hold to enter a phase on request."""

_TAKE_OVER = (fresh, operator, alone, upright, at_rest, in_pose, calm)
"""What must hold to balance a robot that stands on its feet already."""

_WAYS: Mapping[tuple[Phase, Request], Phase] = {
    (Phase.UNCHECKED, Request.CHECKED): Phase.CHECKED,
    (Phase.CHECKED, Request.START): Phase.DAMPING,
    (Phase.DAMPING, Request.START): Phase.RAMP,
    (Phase.STAND, Request.START): Phase.BALANCE,
    (Phase.BALANCE, Request.TASK): Phase.TASK,
    (Phase.FAULT_STANDING, Request.RESET): Phase.UNCHECKED,
    (Phase.FAULT_LIMP, Request.RESET): Phase.UNCHECKED,
}
