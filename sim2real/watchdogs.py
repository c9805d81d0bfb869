"""All watchdogs, one of each kind."""

from __future__ import annotations

from collections.abc import Iterable

from configs.schema import RobotConfig
from sim2real.hazards import WatchdogConfig
from sim2real.watchdog import Finding, Look, Watchdog
from sim2real.watchdogs_of_the_body import (
    ContactLost,
    DeadMotor,
    Tilt,
    TorqueBudget,
)
from sim2real.watchdogs_of_the_loop import (
    Authority,
    ClockJump,
    Heartbeat,
    OddMessages,
    Overrun,
    PolicyFault,
    StateAge,
)
from sim2real.watchdogs_of_the_sensors import FrozenImu, ImuJump, JointRange


def watchdogs(
    robot: RobotConfig, control_dt: float, config: WatchdogConfig
) -> tuple[Watchdog, ...]:
    """Return one of each kind."""
    return (
        StateAge(config),
        OddMessages(config),
        ClockJump(),
        Overrun(config, control_dt),
        PolicyFault(),
        JointRange(robot, config),
        TorqueBudget(robot, config, control_dt),
        FrozenImu(robot, config),
        ImuJump(config),
        Tilt(config),
        ContactLost(config),
        DeadMotor(robot, config),
        Heartbeat(config),
        Authority(),
    )


def look_all(dogs: Iterable[Watchdog], look: Look) -> list[Finding]:
    """Return everything that was found in one tick."""
    return [found for dog in dogs if (found := dog.look(look)) is not None]
