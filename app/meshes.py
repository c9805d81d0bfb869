"""Triangles for round primitives: profiles turned about the z axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vertices = NDArray[np.float64]  # (v, 3)
Faces = NDArray[np.int64]  # (f, 3), corners counter-clockwise seen from outside
Mesh = tuple[Vertices, Faces]

AROUND = 24  # corners of a circle
ALONG = 9  # rings of half a circle


def ellipsoid(x: float, y: float, z: float) -> Mesh:
    """Return an ellipsoid with these half axes [m]."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, ALONG)
    vertices, faces = _turn(np.cos(angle), np.sin(angle))
    return vertices * (x, y, z), faces


def capsule(radius: float, half_length: float) -> Mesh:
    """Return a capsule along z; the half length leaves out the round ends [m]."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 2 * ALONG)
    ends = np.where(angle < 0.0, -half_length, half_length)
    return _turn(radius * np.cos(angle), radius * np.sin(angle) + ends)


def cylinder(radius: float, half_length: float) -> Mesh:
    """Return a cylinder along z [m]."""
    return _turn(
        np.array([0.0, radius, radius, 0.0]),
        np.array([-half_length, -half_length, half_length, half_length]),
    )


def box(x: float, y: float, z: float) -> Mesh:
    """Return a box with these half sizes [m]."""
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    sides = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4))
    faces = [
        triangle
        for a, b, c, d in (*sides, (1, 5, 7, 3))
        for triangle in ((a, b, c), (a, c, d))
    ]
    return signs * np.array([x, y, z], dtype=float), np.array(faces)


def _turn(radius: Vertices, height: Vertices) -> Mesh:
    """Turn a profile about z; it runs from the bottom to the top."""
    turn = np.arange(AROUND) * 2 * np.pi / AROUND
    vertices = np.stack(
        [
            np.outer(radius, np.cos(turn)),
            np.outer(radius, np.sin(turn)),
            np.repeat(height[:, None], AROUND, axis=1),
        ],
        axis=-1,
    ).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(len(radius) - 1), np.arange(AROUND), indexing="ij")
    a, b = i * AROUND + j, i * AROUND + (j + 1) % AROUND
    c, d = a + AROUND, b + AROUND
    lower, upper = np.stack([a, b, d], axis=-1), np.stack([a, d, c], axis=-1)
    return vertices, np.concatenate([lower.reshape(-1, 3), upper.reshape(-1, 3)])
