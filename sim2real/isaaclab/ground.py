"""The floor: a plane that collides, without anything fetched from a server."""

from __future__ import annotations

from isaaclab.sim.utils.stage import get_current_stage
from pxr import UsdGeom, UsdPhysics, UsdShade

PATH = "/World/ground"


def spawn_ground(friction: float) -> None:
    """Add the floor to the stage; call it before environments are cloned.

    Args:
        friction: sliding coefficient.
    """
    stage = get_current_stage()
    UsdGeom.Xform.Define(stage, PATH)
    plane = UsdGeom.Plane.Define(stage, f"{PATH}/plane")
    plane.CreateAxisAttr("Z")
    UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
    material = UsdShade.Material.Define(stage, f"{PATH}/material")
    surface = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    surface.CreateStaticFrictionAttr(friction)
    surface.CreateDynamicFrictionAttr(friction)
    UsdShade.MaterialBindingAPI.Apply(plane.GetPrim()).Bind(
        material, UsdShade.Tokens.weakerThanDescendants, "physics"
    )
