"""An ellipsoid as a mesh, for the eye only."""

from __future__ import annotations

from typing import Any

import numpy as np
from pxr import UsdGeom, Vt

from sim2real.usd.prims import Array

RINGS, SECTORS = 10, 16


def ellipsoid_mesh(stage: Any, path: str, half_size: Array) -> Any:
    """Write an ellipsoid with half axes (3,) [m] about the origin of its prim.

    A sphere with three scales would be shorter, but Newton draws a ball for it.
    """
    points, faces = _unit_sphere()
    normals = points / half_size
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    mesh = UsdGeom.Mesh.Define(stage, path)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    surface = (points * half_size).astype(np.float32)
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(surface))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals.astype(np.float32)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateFaceVertexCountsAttr([len(face) for face in faces])
    mesh.CreateFaceVertexIndicesAttr([index for face in faces for index in face])
    return mesh


def _unit_sphere() -> tuple[Array, list[tuple[int, ...]]]:
    """Return points on a sphere (n, 3) and its faces, seen from outside."""
    tilt = np.pi * np.arange(1, RINGS) / RINGS
    turn = 2 * np.pi * np.arange(SECTORS) / SECTORS
    ring = np.sin(tilt)[:, None]
    grid = np.stack(
        [
            ring * np.cos(turn),
            ring * np.sin(turn),
            np.broadcast_to(np.cos(tilt)[:, None], (RINGS - 1, SECTORS)),
        ],
        axis=-1,
    )
    points = np.concatenate([[[0, 0, 1]], grid.reshape(-1, 3), [[0, 0, -1]]])
    last = len(points) - 1
    faces: list[tuple[int, ...]] = []
    for i in range(SECTORS):
        j = (i + 1) % SECTORS
        faces.append((0, 1 + i, 1 + j))
        for row in range(RINGS - 2):
            up, down = 1 + row * SECTORS, 1 + (row + 1) * SECTORS
            faces.append((up + i, down + i, down + j, up + j))
        low = last - SECTORS
        faces.append((low + i, last, low + j))
    return points, faces
