"""Checks before anything moves: the robot, its stream of states, and its contract.

The robot holds still while it is watched: a simulated one stands where it is, a real
one hangs, lies or is damped; nothing here asks it to go anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import degrees, radians

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.classical_stand import ClassicalStand
from sim2real.footing import Soles
from sim2real.health import Health
from sim2real.robot import BackendError, JointCommand, RobotBackend, RobotState
from sim2real.rotations import project_gravity

SETTLING_TICKS = 100  # of a simulated robot that was just put on its feet
WATCHED_TICKS = 25
REST_RATE = 0.15  # of a base at rest [rad/s]
REST_SPEED = 1.0  # of a joint at rest [rad/s]
UPRIGHT = radians(20.0)
RANGE_SLACK = 0.05  # beyond its range a joint may be measured [rad]
RATE_SHARE = 0.1  # by which the period of the states may differ


@dataclass(frozen=True, kw_only=True)
class Check:
    """One row of the table."""

    name: str
    passed: bool
    reason: str  # one line, with the measurement


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What was seen of a robot at rest."""

    robot: RobotConfig
    control_dt: float
    states: tuple[RobotState, ...]
    health: Health | None = None  # None: there is no transport that could fail
    emergency_stop: bool | None = None  # None: not reported by this robot
    clocked: bool = True  # False: it waits for commands, and no time passes meanwhile
    heartbeat_s: float = 0.5  # longest silence of the operator


def watch(backend: RobotBackend, seed: int = 0) -> Watched:
    """Look at a robot for a moment without moving it.

    A backend may have `measure() -> RobotState`, which waits for the next state and
    commands nothing, `health()` and `emergency_stop() -> bool`; a simulated one has
    none of them, and is kept where it stands. `lockstep` says that no time passes
    before a command.

    Raises:
        BackendError: if the robot does not answer.
    """
    robot = backend.robot
    state = backend.reset(seed)
    measure: Callable[[], RobotState] | None = getattr(backend, "measure", None)
    states = [state]
    if measure is None:
        stand = _standing(robot, state)
        for _ in range(SETTLING_TICKS + WATCHED_TICKS):
            states.append(backend.step(stand(states[-1])))
        states = states[-WATCHED_TICKS:]
    else:
        states += [measure() for _ in range(WATCHED_TICKS)]
    health = getattr(backend, "health", None)
    stop = getattr(backend, "emergency_stop", None)
    return Watched(
        robot=robot,
        control_dt=backend.control_dt,
        states=tuple(states),
        health=None if health is None else health(),
        emergency_stop=None if stop is None else stop(),
        clocked=not getattr(backend, "lockstep", False),
    )


def _standing(
    robot: RobotConfig, state: RobotState
) -> Callable[[RobotState], JointCommand]:
    """Return what keeps a simulated robot where it stands."""
    stand = ClassicalStand(robot, Soles(robot))
    stand.start(state, None)
    hold = JointCommand(
        joint_pos=state.joint_pos.copy(),
        stiffness=robot.stiffness,
        damping=robot.damping,
    )

    def command(state: RobotState) -> JointCommand:
        # Without any effort there are no physics, and nothing to push against.
        feels = bool(state.joint_effort.any()) or state.time == 0.0
        return stand.step(state) if feels else hold

    return command


def check_backend(
    make: Callable[[], RobotBackend], seed: int = 0
) -> tuple[list[Check], Watched | None]:
    """Make a backend, watch the robot and check it; close it again.

    Args:
        make: builds the backend.
        seed: of a simulated scene.
    """
    try:
        backend = make()
        try:
            watched = watch(backend, seed)
        finally:
            backend.close()
    except (BackendError, ImportError, OSError) as error:
        text = " ".join(str(error).split())
        return [Check(name="backend", passed=False, reason=text)], None
    works = Check(
        name="backend",
        passed=True,
        reason=f"{len(watched.states)} states of {watched.robot.name}",
    )
    return [works, *check_robot(watched)], watched


def check_robot(watched: Watched) -> list[Check]:
    """Return every row; later rows look only at states whose numbers make sense."""
    sizes = _sizes(watched)
    if not sizes.passed:
        return [sizes]
    return [sizes] + [check(watched) for check in _CHECKS]


def _row(name: str, passed: bool, reason: str) -> Check:
    return Check(name=name, passed=bool(passed), reason=reason)


def _sizes(watched: Watched) -> Check:
    n = len(watched.robot.joint_names)
    for state in watched.states:
        for field in ("joint_pos", "joint_vel", "joint_effort"):
            values = getattr(state, field)
            if values.shape != (n,):
                return _row(
                    "joints",
                    False,
                    f"{field} has {values.size} numbers, {watched.robot.name} has {n} "
                    "joints; choose the right --robot",
                )
    return _row("joints", True, f"{n} joints, named as in {watched.robot.name}")


def _finite(watched: Watched) -> Check:
    for state in watched.states:
        for field, values in vars(state).items():
            if not np.isfinite(values).all():
                return _row("numbers", False, f"{field} is not finite")
    return _row("numbers", True, "every number is finite")


def _ranges(watched: Watched) -> Check:
    robot, pos = watched.robot, _stack(watched, "joint_pos")
    low, high = robot.joint_range.T
    beyond = np.maximum(low - pos, pos - high).max(0)
    worst = int(np.argmax(beyond))
    name, most = robot.joint_names[worst], float(beyond[worst])
    if most > RANGE_SLACK:
        text = f"{name} is measured {most:.2f} rad beyond its range"
        return _row("joint positions", False, f"{text}; look at its encoder's zero")
    return _row("joint positions", True, f"inside their ranges, nearest: {name}")


def _rest(watched: Watched) -> Check:
    speed = np.abs(_stack(watched, "joint_vel")).max(0)
    worst = int(np.argmax(speed))
    name = watched.robot.joint_names[worst]
    text = f"fastest: {name}, {speed[worst]:.2f} rad/s, at most {REST_SPEED:g}"
    return _row("joints at rest", speed[worst] <= REST_SPEED, text)


def _rate(watched: Watched) -> Check:
    if not watched.clocked:
        return _row("state rate", True, "lock-step: one for every command")
    gaps = np.diff([state.time for state in watched.states])
    period, want = float(np.median(gaps)), watched.control_dt
    text = f"one every {1e3 * period:.1f} ms, expected {1e3 * want:.1f}"
    return _row("state rate", abs(period - want) <= RATE_SHARE * want, text)


def _clock(watched: Watched) -> Check:
    if not watched.clocked:
        return _row("clock", True, "lock-step: it waits for commands")
    gaps = np.diff([state.time for state in watched.states])
    worst = float(gaps.min())
    if worst <= 0.0:
        return _row("clock", False, f"it went by {1e3 * worst:.1f} ms, expected ahead")
    return _row("clock", True, "runs ahead with every state")


def _quaternion(watched: Watched) -> Check:
    norms = np.linalg.norm(_stack(watched, "base_quat_wxyz"), axis=1)
    off = float(np.abs(norms - 1.0).max())
    return _row("IMU quaternion", off < 1e-3, f"its length differs from 1 by {off:.1e}")


def _upright(watched: Watched) -> Check:
    down = -project_gravity(_stack(watched, "base_quat_wxyz"))[:, 2]
    tilt = float(np.arccos(np.clip(down, -1.0, 1.0)).max())
    text = f"leans by {degrees(tilt):.1f} deg, at most {degrees(UPRIGHT):.0f}"
    return _row("IMU upright", tilt <= UPRIGHT, text)


def _gyro(watched: Watched) -> Check:
    rate = float(np.linalg.norm(_stack(watched, "base_ang_vel"), axis=1).max())
    text = f"at most {rate:.3f} rad/s, expected below {REST_RATE:g}"
    return _row("gyroscope at rest", rate <= REST_RATE, text)


def _transport(watched: Watched) -> Check:
    health = watched.health
    if health is None:
        return _row("transport", True, "none between simulation and loop")
    text = (
        f"state {1e3 * health.state_age_s:.0f} ms old, {health.refused} refused, "
        f"{health.reordered} in disorder"
    )
    return _row("transport", health.state_age_s <= 0.05 and not health.refused, text)


def _authority(watched: Watched) -> Check:
    others = watched.health.other_commanders if watched.health else ()
    if others:
        text = f"{', '.join(others)} also commands the joints; end it first"
        return _row("authority", False, text)
    return _row("authority", True, "nobody else commands the joints")


def _operator(watched: Watched) -> Check:
    if watched.health is None:
        return _row("operator", True, "a simulated robot needs none")
    age = watched.health.heartbeat_age_s
    text = f"last sign of life {age:.2f} s ago"
    return _row("operator", age <= watched.heartbeat_s, text)


def _emergency_stop(watched: Watched) -> Check:
    there = watched.emergency_stop
    if there is None and watched.health is None:
        return _row("emergency stop", True, "a simulated robot needs none")
    text = "is there and not pressed" if there else "is not reported; connect it"
    return _row("emergency stop", bool(there), text)


def _stack(watched: Watched, field: str) -> NDArray[np.float64]:
    return np.stack([getattr(state, field) for state in watched.states])


_CHECKS: Sequence[Callable[[Watched], Check]] = (
    _finite,
    _ranges,
    _rest,
    _rate,
    _clock,
    _quaternion,
    _upright,
    _gyro,
    _transport,
    _authority,
    _operator,
    _emergency_stop,
)
