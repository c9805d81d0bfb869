"""Which geoms of a MuJoCo model may touch, and which pairs USD must keep apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import mujoco

Pair = tuple[int, int]


def colliding_geoms(model: mujoco.MjModel, body: int) -> list[int]:
    """Return the geoms of a body that can touch anything."""
    first, count = int(model.body_geomadr[body]), int(model.body_geomnum[body])
    return [
        geom
        for geom in range(first, first + count)
        if model.geom_contype[geom] or model.geom_conaffinity[geom]
    ]


def may_touch(model: mujoco.MjModel, a: int, b: int) -> bool:
    """Return whether MuJoCo looks for contacts between two geoms.

    The rule is that of MuJoCo's documentation, "Collision detection": the bits of one
    meet those of the other, and their bodies are neither the same, nor welded together,
    nor parent and child, nor excluded.
    """
    bits = (
        model.geom_contype[a] & model.geom_conaffinity[b]
        | model.geom_contype[b] & model.geom_conaffinity[a]
    )
    if not bits:
        return False
    body_a, body_b = int(model.geom_bodyid[a]), int(model.geom_bodyid[b])
    low, high = sorted((body_a, body_b))
    if (low << 16) + high in model.exclude_signature:
        return False
    weld_a, weld_b = int(model.body_weldid[body_a]), int(model.body_weldid[body_b])
    if weld_a == weld_b:
        return False
    if weld_a == 0 or weld_b == 0:  # children of the world do touch it
        return True
    parent_a = model.body_weldid[model.body_parentid[weld_a]]
    parent_b = model.body_weldid[model.body_parentid[weld_b]]
    return bool(weld_a != parent_b and weld_b != parent_a)


def pairs_apart(model: mujoco.MjModel, geoms: Sequence[int]) -> list[Pair]:
    """Return the pairs that must not touch, though nothing but a filter prevents it.

    Shapes of one body, and of things that do not move, touch in no engine.
    """
    bodies, weld = model.geom_bodyid, model.body_weldid
    return [
        (a, b)
        for a, b in combinations(sorted(geoms), 2)
        if bodies[a] != bodies[b]
        and (weld[bodies[a]] or weld[bodies[b]])
        and not may_touch(model, a, b)
    ]
