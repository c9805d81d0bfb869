"""Draw a scene: the ranges of a scene file become numbers, and are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import ObjectConfig, Range, SceneConfig
from sim2real.robot import ObjectState

Array = NDArray[np.float64]

START_CLEARANCE = 0.15  # from the pelvis axis to the nearest object [m]
TOUCH = 1e-6  # what stands on something touches it; that is no overlap [m]


@dataclass(frozen=True, kw_only=True)
class SceneObject:
    """One thing with its numbers drawn; the pose is that of its bounding box."""

    name: str
    kind: str  # table, shelf, cup, box, ball
    pos_w: Array  # centre of its bounding box [m], (3,)
    yaw: float  # [rad]
    half_size: Array  # in its own axes [m], (3,)
    mass: float | None  # [kg]; None: fixed to the world
    friction: float  # sliding coefficient
    color: tuple[float, float, float] | None = None

    @property
    def movable(self) -> bool:
        """Whether it can be carried away."""
        return self.mass is not None

    @property
    def is_round(self) -> bool:
        """Whether its outline, seen from above, is a circle."""
        return self.kind in ("cup", "ball")

    @property
    def top(self) -> float:
        """Height of its top above the floor [m]."""
        return float(self.pos_w[2] + self.half_size[2])

    @property
    def quat_wxyz(self) -> Array:
        """Its orientation, (4,)."""
        return np.array([cos(self.yaw / 2), 0.0, 0.0, sin(self.yaw / 2)])

    def local(self, x: float, y: float) -> tuple[float, float]:
        """Return a world point in its axes, from its centre [m]."""
        dx, dy = x - self.pos_w[0], y - self.pos_w[1]
        c, s = cos(self.yaw), sin(self.yaw)
        return c * dx + s * dy, c * dy - s * dx

    def world(self, x: float, y: float) -> tuple[float, float]:
        """Return the world coordinates of a point in its axes [m]."""
        c, s = cos(self.yaw), sin(self.yaw)
        return (
            float(self.pos_w[0] + c * x - s * y),
            float(self.pos_w[1] + s * x + c * y),
        )

    def reach_along(self, angle: float) -> float:
        """Return how far its outline extends from its centre [m].

        Args:
            angle: direction in the world [rad].
        """
        if self.is_round:
            return float(self.half_size[0])
        c, s = abs(cos(angle - self.yaw)), abs(sin(angle - self.yaw))
        return float(c * self.half_size[0] + s * self.half_size[1])

    def at_rest(self) -> ObjectState:
        """Return it as perception sees it before anything has moved."""
        return ObjectState(
            name=self.name,
            kind=self.kind,
            pos_w=self.pos_w.copy(),
            quat_wxyz=self.quat_wxyz,
            lin_vel_w=np.zeros(3),
            half_size=self.half_size.copy(),
            movable=self.movable,
        )


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where the robot starts, in the world."""

    x: float  # [m]
    y: float  # [m]
    yaw: float  # [rad]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A world with every number drawn."""

    name: str
    objects: tuple[SceneObject, ...]
    start: Start
    floor_friction: float


def draw_scene(config: SceneConfig, rng: np.random.Generator) -> Scene:
    """Draw every range of `config` uniformly; the same generator state, the same scene.

    Raises:
        ConfigError: if something stands over the edge of what carries it, two objects
            overlap, or the robot would start inside an object.
    """
    friction = _draw(config.floor_friction, rng)
    placed: dict[str, SceneObject] = {}
    for thing in config.objects:
        placed[thing.name] = _draw_object(thing, placed, rng)
    objects = tuple(placed.values())
    _check_apart(config.name, objects)
    start = _draw_start(config, placed, rng)
    _check_start(config.name, start, objects)
    return Scene(
        name=config.name, objects=objects, start=start, floor_friction=friction
    )


def _draw(value: float | Range, rng: np.random.Generator) -> float:
    return float(rng.uniform(*value)) if isinstance(value, tuple) else float(value)


def _draw_object(
    thing: ObjectConfig, placed: dict[str, SceneObject], rng: np.random.Generator
) -> SceneObject:
    x, y = (_draw(value, rng) for value in thing.pos)
    yaw = _draw(thing.yaw, rng)
    half = _draw_half_size(thing, rng)
    mass = None if thing.mass is None else _draw(thing.mass, rng)
    friction = _draw(thing.friction, rng)
    floor = 0.0
    support = placed[thing.stands_on] if thing.stands_on is not None else None
    if support is not None:
        x, y = support.world(x - support.half_size[0], y)
        yaw += support.yaw
        floor = support.top
    drawn = SceneObject(
        name=thing.name,
        kind=thing.kind,
        pos_w=np.array([x, y, floor + half[2]]),
        yaw=yaw,
        half_size=half,
        mass=mass,
        friction=friction,
        color=thing.color,
    )
    if support is not None:
        _check_carried(drawn, support)
    return drawn


def _draw_half_size(thing: ObjectConfig, rng: np.random.Generator) -> Array:
    if thing.size is not None:
        return np.array([_draw(value, rng) for value in thing.size]) / 2
    assert thing.radius is not None  # the schema asks cups and balls for it
    radius = _draw(thing.radius, rng)
    height = 2 * radius if thing.height is None else _draw(thing.height, rng)
    return np.array([radius, radius, height / 2])


def _draw_start(
    config: SceneConfig, placed: dict[str, SceneObject], rng: np.random.Generator
) -> Start:
    start = config.robot_start
    distance = _draw(start.distance, rng)
    bearing = _draw(start.bearing, rng)
    heading = _draw(start.heading, rng)
    if start.relative_to is None:
        x, y = distance * cos(bearing + pi), distance * sin(bearing + pi)
        return Start(x=x, y=y, yaw=_wrap(heading))
    thing = placed[start.relative_to]
    ray = _length_of_ray(thing.half_size, bearing, distance)
    x, y = thing.world(-ray * cos(bearing), -ray * sin(bearing))
    return Start(x=x, y=y, yaw=_wrap(heading + thing.yaw))


def _length_of_ray(half_size: Array, bearing: float, distance: float) -> float:
    """Return how far from its centre a ray is `distance` away from a rectangle [m]."""
    c, s = abs(cos(bearing)), abs(sin(bearing))
    depth, width = float(half_size[0]), float(half_size[1])
    if s * (depth + distance) <= c * width:  # nearest to the front or back side
        return (depth + distance) / c
    if c * (width + distance) <= s * depth:  # nearest to the left or right side
        return (width + distance) / s
    along = c * depth + s * width  # nearest to a corner
    return along + sqrt(along**2 - depth**2 - width**2 + distance**2)


def _wrap(angle: float) -> float:
    return (angle + pi) % (2 * pi) - pi


def _check_carried(thing: SceneObject, support: SceneObject) -> None:
    x, y = support.local(thing.pos_w[0], thing.pos_w[1])
    over_x = abs(x) + thing.reach_along(support.yaw) - support.half_size[0]
    over_y = abs(y) + thing.reach_along(support.yaw + pi / 2) - support.half_size[1]
    over = max(over_x, over_y)
    if over > TOUCH:
        raise ConfigError(
            f"{thing.name} stands {over:.3f} m over the edge of {support.name}, whose "
            f"top is {2 * support.half_size[0]:.2f} x {2 * support.half_size[1]:.2f} m."
            " Move it inwards (pos is measured from the middle of the front edge)."
        )


def _check_apart(scene: str, objects: Sequence[SceneObject]) -> None:
    for i, a in enumerate(objects):
        for b in objects[:i]:
            if _overlap(a, b):
                raise ConfigError(
                    f"scene {scene}: {b.name} and {a.name} overlap at the start. "
                    "Move them apart, or narrow their ranges."
                )


def _overlap(a: SceneObject, b: SceneObject) -> bool:
    """Look for a vertical plane between two outlines (separating axis theorem)."""
    dx, dy, dz = (float(value) for value in b.pos_w - a.pos_w)
    if abs(dz) >= a.half_size[2] + b.half_size[2] - TOUCH:
        return False
    between = float(np.arctan2(dy, dx))
    for angle in (a.yaw, a.yaw + pi / 2, b.yaw, b.yaw + pi / 2, between):
        gap = abs(dx * cos(angle) + dy * sin(angle))
        if gap >= a.reach_along(angle) + b.reach_along(angle) - TOUCH:
            return False
    return True


def _check_start(scene: str, start: Start, objects: Sequence[SceneObject]) -> None:
    for thing in objects:
        x, y = thing.local(start.x, start.y)
        away = hypot(
            max(abs(x) - thing.half_size[0], 0.0), max(abs(y) - thing.half_size[1], 0.0)
        )
        if away < START_CLEARANCE:
            raise ConfigError(
                f"scene {scene}: the robot would start {away:.2f} m from {thing.name}, "
                f"it needs {START_CLEARANCE} m. Change robot_start or move the object."
            )
