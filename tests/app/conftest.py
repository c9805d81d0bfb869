"""A world of three things, built by hand, and runs on the fake backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest

from app.build import build, read_plan
from app.control_loop import Assembly
from app.operators.desk import Operator, Wish
from app.options import RunOptions
from app.truth import Truth
from sim2real.robot import ObjectState, RobotState

FETCH = "walk to table and grasp cup"
DELIVER = f"{FETCH} then carry it to the shelf and place it there"


def state(
    time: float = 0.0,
    *,
    pos: tuple[float, float, float] = (-0.6, 0.0, 0.78),
    pitch: float = 0.0,
    speed: float = 0.0,
) -> RobotState:
    """A robot of two joints that looks along +x, leaning forward by `pitch` [deg]."""
    half = radians(pitch) / 2
    return RobotState(
        time=time,
        joint_pos=np.zeros(2),
        joint_vel=np.zeros(2),
        joint_effort=np.zeros(2),
        base_pos_w=np.array(pos),
        base_quat_wxyz=np.array([cos(half), 0.0, sin(half), 0.0]),
        base_lin_vel_w=np.array([speed, 0.0, 0.0]),
        base_ang_vel=np.zeros(3),
    )


def thing(
    name: str,
    pos: tuple[float, float, float],
    half_size: tuple[float, float, float],
    *,
    movable: bool = False,
    roll: float = 0.0,
    speed: float = 0.0,
) -> ObjectState:
    """An object that is tilted by `roll` [deg]."""
    half = radians(roll) / 2
    return ObjectState(
        name=name,
        kind=name,
        pos_w=np.array(pos),
        quat_wxyz=np.array([cos(half), sin(half), 0.0, 0.0]),
        lin_vel_w=np.array([0.0, 0.0, speed]),
        half_size=np.array(half_size),
        movable=movable,
    )


class World:
    """A table (top at 0.70 m), a shelf (top at 0.80 m) and a cup of 0.10 m."""

    def __init__(self) -> None:
        self.cup_pos = (-0.3, 0.0, 0.75)  # on the table
        self.cup_roll = 0.0
        self.cup_speed = 0.0
        self.touching = frozenset({"table"})
        self.robot = state()

    def stand(self, **how: object) -> None:
        """Place the robot; see `state`."""
        self.robot = state(**how)

    def truth(self, time: float) -> Truth:
        things = (
            thing("table", (0.0, 0.0, 0.35), (0.4, 0.6, 0.35)),
            thing("shelf", (0.0, 3.0, 0.40), (0.2, 0.4, 0.40)),
            thing(
                "cup",
                self.cup_pos,
                (0.03, 0.03, 0.05),
                movable=True,
                roll=self.cup_roll,
                speed=self.cup_speed,
            ),
        )
        return Truth(
            state=replace(self.robot, time=time),
            objects={one.name: one for one in things},
            touching={"cup": self.touching},
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def assemble() -> Callable[..., Assembly]:
    """Build a run on the fake backend."""

    def make(request: str = FETCH, **options: object) -> Assembly:
        return build(read_plan(request, RunOptions(backend="fake", **options)))

    return make


class Asking:
    """An operator who wants something else from certain ticks on."""

    def __init__(self, wishes: Mapping[int, Wish]) -> None:
        self._wishes = wishes
        self._tick = -1
        self._now = Wish.GO_ON

    def wish(self) -> Wish:
        self._tick += 1
        self._now = self._wishes.get(self._tick, self._now)
        return self._now


@pytest.fixture
def asking() -> Callable[[Mapping[int, Wish]], Operator]:
    """Make an operator from what is wanted from which control tick on."""
    return Asking
