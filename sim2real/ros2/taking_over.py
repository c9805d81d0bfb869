"""Whether a robot that stands somewhere else may be commanded from now on.

It is only looked at: the checks of `praxis check`, and what the life cycle wants of a
robot that is taken over as it stands.
"""

from __future__ import annotations

from typing import Protocol

from sim2real.health import Health
from sim2real.life_cycle import Facts, LifeCycle, LifeCycleConfig, Request
from sim2real.robot import BackendError, RobotBackend, RobotState
from sim2real.robot_checks import WATCHED_TICKS, Watched, check_robot

LOOKS = 20  # of half a second each: a late state now and then is no reason


class StandingRobot(RobotBackend, Protocol):
    """What is looked at."""

    @property
    def lockstep(self) -> bool:
        """Whether it waits for commands."""

    def measure(self) -> RobotState:
        """Return the state of the next tick; nothing is sent."""

    def health(self) -> Health:
        """Return what is known about messages."""

    def emergency_stop(self) -> bool | None:
        """Return whether it is there and not pressed; None: nobody reports it."""


def refuse_unfit(backend: StandingRobot) -> None:
    """Look at a robot until it is well, for ten seconds at most.

    Raises:
        BackendError: with the first reason not to command it.
    """
    for _ in range(LOOKS):
        wrong = _what_is_wrong(backend)
        if wrong is None:
            return
    raise BackendError(f"the robot is not taken over, {wrong}.")


def _what_is_wrong(backend: StandingRobot) -> str | None:
    states = tuple(backend.measure() for _ in range(WATCHED_TICKS))
    health = backend.health()
    watched = Watched(
        robot=backend.robot,
        control_dt=backend.control_dt,
        states=states,
        health=health,
        emergency_stop=backend.emergency_stop(),
        clocked=not backend.lockstep,
    )
    for check in check_robot(watched):
        if not check.passed:
            return f"check of {check.name} failed: {check.reason}"
    facts = Facts(
        state_age_s=health.state_age_s, other_commanders=health.other_commanders
    )
    standing = LifeCycleConfig(hoisted=False)
    cycle = LifeCycle(backend.robot, backend.control_dt, standing)
    for request in (Request.CHECKED, Request.START):
        refused = cycle.ask(request, states[-1], facts)
        if refused is not None:
            return f"{refused.text}; one that hangs or lies is for the node"
    return None
