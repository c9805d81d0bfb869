"""Write a drawn scene as USD: fixed furniture and loose objects, without the floor."""

from __future__ import annotations

from typing import Any

from sim2real.mujoco_scene import scene_model
from sim2real.scenes import Scene
from sim2real.usd.bodies import make_kinematic, make_rigid, write_body
from sim2real.usd.prims import new_stage
from sim2real.usd.shapes import ShapeWriter


def scene_stage(scene: Scene) -> Any:
    """Return a stage with the scene as its default prim, one prim for each object.

    Furniture is kinematic: Newton takes fixed shapes of every copy of a scene to be
    where those of the first copy are. The floor and the light are the engine's.
    """
    model = scene_model(scene)
    stage = new_stage(
        scene.name,
        f"The scene {scene.name}, drawn with one seed. Written by `praxis export usd`; "
        "change the scene's YAML instead of this file.",
    )
    shapes = ShapeWriter(stage, model)
    for thing in scene.objects:
        body = model.body(thing.name).id
        prim = write_body(stage, model, body, thing.pos_w, thing.quat_wxyz)
        shapes.write_body(prim, body)
        if thing.movable:
            make_rigid(prim, model, body)
            shapes.write_stands(prim, body)
        else:
            make_kinematic(prim)
    shapes.keep_apart()
    return stage
