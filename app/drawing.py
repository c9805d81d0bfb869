"""What a viewer shows: shapes on bodies, and where the bodies are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.meshes import Mesh, box, capsule, cylinder, ellipsoid
from configs.schema import RobotConfig
from sim2real.robot import ObjectState
from skills.contract import Snapshot

Array = NDArray[np.float64]
Rgb = tuple[int, int, int]  # 0 to 255
Pose = tuple[Array, Array]  # position [m], (3,), and quaternion wxyz, (4,)

SHOWN_GROUPS = 3  # geoms of groups 0 to 2 are for the eye, as in MuJoCo's own viewer

# The numbers of mjtGeom; the size of each is explained in MuJoCo's XML reference.
MESHES = {
    2: lambda size: ellipsoid(size[0], size[0], size[0]),
    3: lambda size: capsule(size[0], size[1]),
    4: lambda size: ellipsoid(*size),
    5: lambda size: cylinder(size[0], size[1]),
    6: lambda size: box(*size),
}

GREY: Rgb = (190, 194, 199)
COLORS: dict[str, Rgb] = {
    "table": (194, 148, 102),
    "shelf": (229, 227, 219),
    "cup": (41, 120, 189),
    "box": (204, 158, 77),
    "ball": (212, 71, 61),
}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A coloured mesh, fixed to a body."""

    name: str
    body: str
    mesh: Mesh
    color: Rgb
    pos: Array  # in the body's frame [m], (3,)
    quat_wxyz: Array  # (4,)


class Drawing(Protocol):
    """The shapes of one episode and where they are."""

    shapes: tuple[Shape, ...]

    def poses(self, snapshot: Snapshot) -> Mapping[str, Pose]:
        """Return where each body is now."""


class ModelDrawing:
    """Draws a MuJoCo model; what it needs of MuJoCo is plain arrays."""

    def __init__(self, model: Any, data: Any) -> None:
        """Turn every visible primitive into a shape. The floor is the viewer's."""
        self._data = data
        self._names = [str(model.body(i).name) for i in range(model.nbody)]
        self.shapes = tuple(
            Shape(
                name=f"geom_{i}",
                body=self._names[model.geom_bodyid[i]],
                mesh=MESHES[int(model.geom_type[i])](model.geom_size[i].tolist()),
                color=_rgb(_rgba(model, i)),
                pos=model.geom_pos[i].copy(),
                quat_wxyz=model.geom_quat[i].copy(),
            )
            for i in range(model.ngeom)
            if int(model.geom_type[i]) in MESHES
            and model.geom_group[i] < SHOWN_GROUPS
            and _rgba(model, i)[3] > 0.0
        )

    def poses(self, snapshot: Snapshot) -> Mapping[str, Pose]:
        """Return where each body is in the simulation."""
        data = self._data
        return {
            name: (data.xpos[i].copy(), data.xquat[i].copy())
            for i, name in enumerate(self._names)
        }


class SketchDrawing:
    """Draws a robot without geometry as a pawn, and objects as their bounding boxes."""

    def __init__(self, robot: RobotConfig, objects: Mapping[str, ObjectState]) -> None:
        """Make a shape for each object and three for the robot."""
        tall = robot.standing_height
        parts = (
            ("trunk", capsule(0.14, 0.3 * tall), (0.0, 0.0, 0.1)),
            ("head", ellipsoid(0.1, 0.09, 0.12), (0.02, 0.0, 0.6 * tall)),
            ("nose", ellipsoid(0.05, 0.02, 0.02), (0.12, 0.0, 0.6 * tall)),
            ("leg", cylinder(0.09, 0.4 * tall), (0.0, 0.0, -0.6 * tall)),
        )
        still = np.array([1.0, 0.0, 0.0, 0.0])
        self._base = robot.base_body
        pawn = [
            Shape(
                name=name,
                body=self._base,
                mesh=mesh,
                color=GREY,
                pos=np.array(pos),
                quat_wxyz=still,
            )
            for name, mesh, pos in parts
        ]
        things = [
            Shape(
                name=thing.name,
                body=thing.name,
                mesh=_mesh_of(thing),
                color=COLORS.get(thing.kind, GREY),
                pos=np.zeros(3),
                quat_wxyz=still,
            )
            for thing in objects.values()
        ]
        self.shapes = (*pawn, *things)

    def poses(self, snapshot: Snapshot) -> Mapping[str, Pose]:
        """Return where the base and the objects are reported to be."""
        state = snapshot.state
        return {self._base: (state.base_pos_w, state.base_quat_wxyz)} | {
            name: (thing.pos_w, thing.quat_wxyz)
            for name, thing in snapshot.objects.items()
        }


def _mesh_of(thing: ObjectState) -> Mesh:
    x, y, z = (float(half) for half in thing.half_size)
    if thing.kind == "cup":
        return cylinder(x, z)
    return ellipsoid(x, y, z) if thing.kind == "ball" else box(x, y, z)


def _rgba(model: Any, geom: int) -> Array:
    material = int(model.geom_matid[geom])
    rgba: Array = model.geom_rgba[geom] if material < 0 else model.mat_rgba[material]
    return rgba


def _rgb(rgba: Array) -> Rgb:
    red, green, blue = (round(255 * float(value)) for value in rgba[:3])
    return red, green, blue
