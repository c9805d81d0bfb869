"""What can happen to a simulated world: each act yields, once a tick, what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import cos, hypot, inf, pi, sin
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.scenario import DisturbanceConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import yaw_of
from skills.furniture import footprint, support_of, top_of
from skills.predicates import IN_HAND, Hands

Array = NDArray[np.float64]

OUT_OF_HAND = IN_HAND + 0.03  # from the grip to the centre of what fell out of it [m]
KNOCK_S = 0.5  # what is not out of the hand by then stays in it [s]
ASIDE = pi / 6  # of a knock, at most, from straight away from the robot [rad]
APART = 0.12  # of a place to other loose objects [m]
TRIES = 1000  # to find a place by chance


class World(Protocol):
    """A backend that lets itself be meddled with, for evaluation."""

    control_dt: float

    def true_state(self) -> RobotState:
        """Return the state without noise or delay."""

    def true_objects(self) -> Mapping[str, ObjectState]:
        """Return every object, also what is hidden."""

    def push(self, delta_velocity_w: Array) -> None:
        """Add a velocity to the base at once [m/s], (3,)."""

    def move_object(self, name: str, pos_w: Array) -> None:
        """Stand a loose object upright somewhere else [m], (3,)."""

    def strike_object(self, name: str, velocity_w: Array, force: float) -> None:
        """Drive a loose object during the next step, with at most a force [N]."""

    def hide_object(self, name: str) -> None:
        """Let perception report an object no more."""


def _move(
    config: DisturbanceConfig, world: World, hands: Hands, rng: np.random.Generator
) -> Iterator[str]:
    assert config.object is not None and config.distance is not None
    thing = world.true_objects()[config.object]
    distance = config.distance

    def somewhere() -> tuple[float, float]:
        angle = rng.uniform(-pi, pi)
        x, y = (float(value) for value in thing.pos_w[:2])
        return x + distance * cos(angle), y + distance * sin(angle)

    place = _place(config, world, thing, somewhere)
    if place is not None:
        world.move_object(thing.name, place)
        yield f"{thing.name} was moved by {distance * 100:.0f} cm"


def _put_back(
    config: DisturbanceConfig, world: World, hands: Hands, rng: np.random.Generator
) -> Iterator[str]:
    assert config.object is not None
    thing = world.true_objects()[config.object]
    support = support_of(thing, world.true_objects())
    if support is None:
        return

    def somewhere() -> tuple[float, float]:
        """Not far from where the hand is, but not under it."""
        angle, away = rng.uniform(-pi, pi), rng.uniform(0.15, 0.25)
        x, y = (float(value) for value in thing.pos_w[:2])
        return x + away * cos(angle), y + away * sin(angle)

    place = _place(config, world, thing, somewhere)
    if place is not None:
        world.move_object(thing.name, place)
        yield f"{thing.name} was taken out of the hand and put on {support.name}"


def _knock(
    config: DisturbanceConfig, world: World, hands: Hands, rng: np.random.Generator
) -> Iterator[str]:
    assert config.object and config.speed and config.force
    # Towards the robot there is the palm, which nothing can be pulled through.
    angle = float(yaw_of(world.true_state().base_quat_wxyz)) + rng.uniform(
        -ASIDE, ASIDE
    )
    velocity = config.speed * np.array([cos(angle), sin(angle), 0.0])
    for tick in range(1, round(KNOCK_S / world.control_dt) + 1):
        thing, state = world.true_objects()[config.object], world.true_state()
        if not in_hand(hands, state, thing):
            return
        world.strike_object(thing.name, velocity, config.force)
        yield f"{thing.name} was hit for {tick * world.control_dt:.2f} s"
    yield f"{config.object} was hit for {KNOCK_S:g} s and stayed in the hand"


def _push(
    config: DisturbanceConfig, world: World, hands: Hands, rng: np.random.Generator
) -> Iterator[str]:
    assert config.speed is not None
    angle = rng.uniform(-pi, pi)
    world.push(config.speed * np.array([cos(angle), sin(angle), 0.0]))
    yield f"the robot was pushed by {config.speed:g} m/s"


def _hide(
    config: DisturbanceConfig, world: World, hands: Hands, rng: np.random.Generator
) -> Iterator[str]:
    assert config.object is not None
    world.hide_object(config.object)
    yield f"{config.object} was hidden"


Act = Callable[[DisturbanceConfig, World, Hands, np.random.Generator], "Iterator[str]"]
ACTS: Mapping[str, Act] = {
    "move": _move,
    "put_back": _put_back,
    "knock": _knock,
    "push": _push,
    "hide": _hide,
}


def in_hand(hands: Hands, state: RobotState, thing: ObjectState) -> bool:
    """Whether an object is so near to a grip that a hand may hold it."""
    near = [hands.distance(side, state, thing) for side in hands.sides]
    return min(near, default=inf) < OUT_OF_HAND


def from_rim(thing: ObjectState, support: ObjectState) -> float:
    """Return how far an object's centre is inside the rim of what it is above [m]."""
    area = footprint(support)
    x, y = area.local(float(thing.pos_w[0]), float(thing.pos_w[1]))
    return min(area.half_x - abs(x), area.half_y - abs(y))


def _place(
    config: DisturbanceConfig,
    world: World,
    thing: ObjectState,
    somewhere: Callable[[], tuple[float, float]],
) -> Array | None:
    """Return the first of many places that is as far from the rim as told, and free."""
    objects = world.true_objects()
    support = support_of(thing, objects)
    if support is None:
        return None
    area = footprint(support)
    others = [o for o in objects.values() if o.movable and o.name != thing.name]
    least, most = config.from_rim
    for _ in range(TRIES):
        x, y = somewhere()
        px, py = area.local(x, y)
        inside = min(area.half_x - abs(px), area.half_y - abs(py))
        free = all(hypot(o.pos_w[0] - x, o.pos_w[1] - y) > APART for o in others)
        if free and least <= inside <= most:
            return np.array([x, y, top_of(support) + float(thing.half_size[2])])
    return None
