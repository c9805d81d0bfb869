"""Write the geoms of a MuJoCo model as USD shapes: what collides and what is seen."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade

from configs.loader import ConfigError
from sim2real.usd.collisions import colliding_geoms, pairs_apart
from sim2real.usd.prims import Array, child_path, place, set_plain
from sim2real.usd.surface import ellipsoid_mesh

HIDDEN_GROUP = 3  # geoms of this group and above are not for the eye
INSCRIBED = 0.7  # half side of a square within a circle of radius 1
ROUND = 0.9  # least ratio of an ellipsoid's two short axes to collide as a capsule

_KIND = {
    int(mujoco.mjtGeom.mjGEOM_SPHERE): "sphere",
    int(mujoco.mjtGeom.mjGEOM_CAPSULE): "capsule",
    int(mujoco.mjtGeom.mjGEOM_CYLINDER): "cylinder",
    int(mujoco.mjtGeom.mjGEOM_BOX): "box",
    int(mujoco.mjtGeom.mjGEOM_ELLIPSOID): "ellipsoid",
}
# Turns the z axis into x, y or z, wxyz.
_FROM_Z = np.array([[1, 0, 1, 0], [1, -1, 0, 0], [np.sqrt(2), 0, 0, 0]]) / np.sqrt(2)


def geom_name(model: mujoco.MjModel, geom: int) -> str:
    """Return its own name, else its kind and its number among the body's geoms."""
    name: str = model.geom(geom).name
    if name:
        return name
    body = model.geom_bodyid[geom]
    kind = _KIND.get(int(model.geom_type[geom]), "shape")
    return f"{kind}_{geom - int(model.body_geomadr[body])}"


class ShapeWriter:
    """Writes the shapes of one model and remembers those that collide."""

    def __init__(self, stage: Any, model: mujoco.MjModel) -> None:
        """Write to the default prim of `stage`."""
        self._stage, self._model = stage, model
        self._materials: dict[tuple[float, ...], Any] = {}
        self._colliders: dict[int, Any] = {}
        self._replaced: list[Any] = []  # cylinders that furniture does not meet

    def write_body(self, prim: Any, body: int) -> None:
        """Write the shapes of a body below its prim, colliders and looks apart.

        Raises:
            ConfigError: for a shape that has no like in USD.
        """
        model = self._model
        colliding = colliding_geoms(model, body)
        if colliding:
            scope = self._scope(prim, "collisions")
            for geom in colliding:
                self._write_collider(scope, geom)
        first = int(model.body_geomadr[body])
        seen = range(first, first + int(model.body_geomnum[body]))
        visible = [geom for geom in seen if self._is_seen(geom)]
        if visible:
            scope = self._scope(prim, "visuals")
            for geom in visible:
                self._write_look(scope, geom)

    def write_stands(self, prim: Any, body: int) -> None:
        """Let cylinders of a loose body meet furniture with a box that fits inside.

        Newton finds one contact between a cylinder and a table, on which nothing can
        stand, but four between two boxes. Hands and floor meet the cylinder.
        """
        model = self._model
        scope = self._scope(prim, "collisions")
        for geom in colliding_geoms(model, body):
            if model.geom_type[geom] != mujoco.mjtGeom.mjGEOM_CYLINDER:
                continue
            radius, half = (float(size) for size in model.geom_size[geom][:2])
            path = child_path(scope, f"{geom_name(model, geom)}_stand")
            box = UsdGeom.Cube.Define(self._stage, path)
            box.CreateSizeAttr(1.0)
            side = 2.0 * INSCRIBED * radius
            scale = np.array([side, side, 2.0 * half])
            pos, quat = model.geom_pos[geom], model.geom_quat[geom]
            place(box.GetPrim(), pos, quat, scale)
            self._make_collider(box.GetPrim(), geom)
            self._replaced.append(self._colliders[geom])

    def keep_apart(self) -> None:
        """Filter the pairs of written colliders that do not touch in MuJoCo."""
        for a, b in pairs_apart(self._model, list(self._colliders)):
            api = UsdPhysics.FilteredPairsAPI.Apply(self._colliders[a])
            api.CreateFilteredPairsRel().AddTarget(self._colliders[b].GetPath())
        fixed = [
            collider
            for geom, collider in self._colliders.items()
            if self._model.body_weldid[self._model.geom_bodyid[geom]] == 0
        ]
        for cylinder in self._replaced:
            api = UsdPhysics.FilteredPairsAPI.Apply(cylinder)
            for furniture in fixed:
                api.CreateFilteredPairsRel().AddTarget(furniture.GetPath())

    def _scope(self, prim: Any, name: str) -> Any:
        return UsdGeom.Scope.Define(self._stage, child_path(prim, name)).GetPrim()

    def _write_collider(self, scope: Any, geom: int) -> None:
        prim = self._define(scope, geom, collides=True)
        self._make_collider(prim, geom)
        self._colliders[geom] = prim

    def _make_collider(self, prim: Any, geom: int) -> None:
        model = self._model
        UsdGeom.Imageable(prim).CreatePurposeAttr(UsdGeom.Tokens.guide)
        UsdPhysics.CollisionAPI.Apply(prim)
        UsdShade.MaterialBindingAPI.Apply(prim).Bind(
            self._material(geom), UsdShade.Tokens.weakerThanDescendants, "physics"
        )
        solref = model.geom_solref[geom]
        stiffness, damping = spring_of(solref)
        spring = {"newton:contact_ke": stiffness, "newton:contact_kd": damping}
        set_plain(prim, "NewtonCollisionAPI", spring)
        contact = {
            "mjc:condim": int(model.geom_condim[geom]),
            "mjc:priority": int(model.geom_priority[geom]),
            "mjc:solref": solref.tolist(),
            "mjc:solimp": model.geom_solimp[geom].tolist(),
        }
        set_plain(prim, "MjcCollisionAPI", contact)

    def _write_look(self, scope: Any, geom: int) -> None:
        prim = self._define(scope, geom, collides=False)
        color = [Gf.Vec3f(*self._rgba(geom)[:3].tolist())]
        UsdGeom.Gprim(prim).CreateDisplayColorAttr(color)

    def _material(self, geom: int) -> Any:
        """Return the material of its friction; equal ones share one."""
        friction = tuple(self._model.geom_friction[geom].tolist())
        if friction not in self._materials:
            scope = self._scope(self._stage.GetDefaultPrim(), "surfaces")
            path = child_path(scope, f"surface_{len(self._materials)}")
            material = UsdShade.Material.Define(self._stage, path)
            self._materials[friction] = material
            sliding, torsional, rolling = friction
            api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
            api.CreateStaticFrictionAttr(sliding)
            api.CreateDynamicFrictionAttr(sliding)
            api.CreateRestitutionAttr(0.0)
            newton = {
                "newton:torsionalFriction": torsional,
                "newton:rollingFriction": rolling,
            }
            mjc = {"mjc:torsionalfriction": torsional, "mjc:rollingfriction": rolling}
            set_plain(material.GetPrim(), "NewtonMaterialAPI", newton)
            set_plain(material.GetPrim(), "MjcMaterialAPI", mjc)
        return self._materials[friction]

    def _is_seen(self, geom: int) -> bool:
        near: bool = self._model.geom_group[geom] < HIDDEN_GROUP
        return near and bool(self._rgba(geom)[3] > 0)

    def _rgba(self, geom: int) -> Array:
        model, material = self._model, self._model.geom_matid[geom]
        rgba = model.geom_rgba[geom] if material < 0 else model.mat_rgba[material]
        return np.asarray(rgba, dtype=np.float64)

    def _define(self, scope: Any, geom: int, *, collides: bool) -> Any:
        model, stage = self._model, self._stage
        name = geom_name(model, geom)
        path = child_path(scope, name)
        pos, quat, size = (
            np.array(values[geom])
            for values in (model.geom_pos, model.geom_quat, model.geom_size)
        )
        kind, scale = _KIND.get(int(model.geom_type[geom])), None
        if kind == "ellipsoid" and collides:
            kind, size, quat = "capsule", *_as_capsule(name, size, quat)
        if kind == "sphere":
            shape = UsdGeom.Sphere.Define(stage, path)
            shape.CreateRadiusAttr(float(size[0]))
        elif kind in ("capsule", "cylinder"):
            schema = UsdGeom.Capsule if kind == "capsule" else UsdGeom.Cylinder
            shape = schema.Define(stage, path)
            shape.CreateAxisAttr(UsdGeom.Tokens.z)
            shape.CreateRadiusAttr(float(size[0]))
            shape.CreateHeightAttr(float(2 * size[1]))
        elif kind == "box":
            shape = UsdGeom.Cube.Define(stage, path)
            shape.CreateSizeAttr(1.0)
            scale = 2 * size
        elif kind == "ellipsoid":
            shape = ellipsoid_mesh(stage, path, size)
        else:
            raise ConfigError(
                f"geom '{name}' cannot be written as USD: expected one of "
                f"{', '.join(_KIND.values())}. Use one of these in the MJCF."
            )
        place(shape.GetPrim(), pos, quat, scale)
        now = Usd.TimeCode.Default()
        extent = UsdGeom.Boundable.ComputeExtentFromPlugins(shape, now)
        shape.CreateExtentAttr(extent)
        return shape.GetPrim()


def spring_of(solref: Array) -> tuple[float, float]:
    """Return the stiffness and damping of MuJoCo's (time constant, damping ratio).

    Both per unit of mass; Newton turns them back by the same formulas. A negative pair
    is already that (MuJoCo's documentation, "Solver parameters").
    """
    time_constant, ratio = (float(value) for value in solref)
    if time_constant < 0:
        return -time_constant, -ratio
    return 1.0 / (time_constant * ratio) ** 2, 2.0 / time_constant


def _as_capsule(name: str, size: Array, quat: Array) -> tuple[Array, Array]:
    """Return size and orientation of a capsule as long as an ellipsoid.

    No engine but MuJoCo collides ellipsoids. The radius is the mean of the two short
    half axes.

    Raises:
        ConfigError: if a capsule would be too far from it.
    """
    longest = int(np.argmax(size))
    short = np.delete(size, longest)
    if short.min() < ROUND * short.max():
        raise ConfigError(
            f"geom '{name}' is an ellipsoid with half axes "
            f"{', '.join(f'{half:.3f}' for half in size)} m; only one that is round "
            "about its longest axis can collide in USD. Use a capsule or a box."
        )
    radius = short.mean()
    turned = np.zeros(4)
    mujoco.mju_mulQuat(turned, quat, _FROM_Z[longest])
    return np.array([radius, size[longest] - radius, 0.0]), turned
