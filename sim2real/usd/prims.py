"""Small words for writing USD: a stage, poses, names and plain attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Tf, Usd, UsdGeom, UsdPhysics

from configs.loader import ConfigError

Array = NDArray[np.float64]


def new_stage(name: str, text: str) -> Any:
    """Return an empty stage in metres and kilograms, z up, with a default prim.

    Args:
        name: of the default prim; what USD does not allow in it becomes `_`.
        text: what somebody who opens the file should know.
    """
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdPhysics.SetStageKilogramsPerUnit(stage, 1.0)
    root = UsdGeom.Xform.Define(stage, f"/{Tf.MakeValidIdentifier(name)}")
    stage.SetDefaultPrim(root.GetPrim())
    stage.GetRootLayer().documentation = text
    return stage


def child_path(parent: Any, name: str) -> str:
    """Return the path of a prim called `name` below `parent`.

    Raises:
        ConfigError: if USD does not allow the name.
    """
    if not Sdf.Path.IsValidIdentifier(name):
        raise ConfigError(
            f"USD allows letters, digits and _ in a name, and no digit in front; "
            f"got '{name}'. Rename it."
        )
    return f"{parent.GetPath()}/{name}"


def place(
    prim: Any, pos: Array, quat_wxyz: Array, scale: Array | None = None
) -> UsdGeom.Xformable:
    """Put a prim at a pose in the axes of its parent [m], with the usual operations."""
    double = UsdGeom.XformOp.PrecisionDouble
    xform = UsdGeom.Xformable(prim)
    xform.AddTranslateOp(double).Set(Gf.Vec3d(*pos.tolist()))
    xform.AddOrientOp(double).Set(Gf.Quatd(*quat_wxyz.tolist()))
    size = np.ones(3) if scale is None else scale
    xform.AddScaleOp(double).Set(Gf.Vec3d(*size.tolist()))
    return xform


def vec3f(vector: Array) -> Any:
    """Return a vector (3,) as USD's physics schemas want it."""
    return Gf.Vec3f(*vector.tolist())


def quatf(quat_wxyz: Array) -> Any:
    """Return a unit quaternion (4,) as USD's physics schemas want it."""
    return Gf.Quatf(*quat_wxyz.tolist())


def set_plain(prim: Any, schema: str, values: Mapping[str, Any]) -> None:
    """Write attributes of a schema that need not be installed.

    PhysX, Newton and MuJoCo find theirs by name, so no plugin is needed to write them.

    Args:
        prim: where.
        schema: is named on the prim too, because PhysX looks for it.
        values: by attribute. Numbers of `mjc:` are double, as in MuJoCo's own schema.
    """
    prim.AddAppliedSchema(schema)
    for name, value in values.items():
        kind = _type_of(value, double=name.startswith("mjc:"))
        prim.CreateAttribute(name, kind, custom=False).Set(value)


def _type_of(value: Any, *, double: bool) -> Any:
    types = Sdf.ValueTypeNames
    if isinstance(value, bool):
        return types.Bool
    if isinstance(value, int):
        return types.Int
    if isinstance(value, list):
        return types.DoubleArray
    return types.Double if double else types.Float
