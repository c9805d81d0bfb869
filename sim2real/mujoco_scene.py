"""Add a drawn scene to a MuJoCo model: floor, light, furniture and loose objects."""

from __future__ import annotations

import mujoco

from configs.loader import ConfigError
from sim2real.mujoco_model import ENVIRONMENT_BIT, OBJECT_BIT, set_physics_options
from sim2real.scenes import Scene, SceneObject

FLOOR_PRIORITY, OBJECT_PRIORITY = 2, 3
"""The friction of a contact is that of the loose object in it, else of the floor.

Feet have priority 1 and fingers 0; without this MuJoCo would take their coefficient,
or the larger of two, and the friction drawn for a cup or a floor would do nothing.
"""
OBJECT_SOLREF = (0.015, 1.0)  # that of the fingers: a firm grip at a 5 ms step

BOARD = 0.04  # thickness of table tops [m]
LEG = 0.05  # width of table legs [m]
PANEL = 0.02  # thickness of shelf boards [m]
RIM = 0.004  # height of a cup's rim [m]

COLORS = {
    "table": (0.76, 0.58, 0.40),
    "shelf": (0.90, 0.89, 0.86),
    "cup": (0.16, 0.47, 0.74),
    "box": (0.80, 0.62, 0.30),
    "ball": (0.83, 0.28, 0.24),
}
DARK = (0.13, 0.10, 0.09)
RESERVED = ("world", "floor", "robot")

Rgb = tuple[float, float, float]
Vector = tuple[float, float, float]


def add_scene(spec: mujoco.MjSpec, scene: Scene) -> None:
    """Add `scene` to a model that holds the robot.

    Every object becomes a body of its name, whose origin is the centre of its bounding
    box; loose ones hang on a free joint of the same name. The geom that carries the
    contacts of a loose object has its name too.

    Raises:
        ConfigError: if an object has the name of a part of the robot.
    """
    taken = {body.name for body in spec.bodies} | {geom.name for geom in spec.geoms}
    _add_surroundings(spec, scene.floor_friction)
    for thing in scene.objects:
        if thing.name in taken or thing.name in RESERVED:
            raise ConfigError(
                f"scene {scene.name}: the name '{thing.name}' belongs to the robot or "
                "the world; rename the object."
            )
        _add_object(spec, thing)


def scene_model(scene: Scene) -> mujoco.MjModel:
    """Return a model of the scene alone, without a robot."""
    spec = mujoco.MjSpec()
    set_physics_options(spec)
    add_scene(spec, scene)
    return spec.compile()


def _add_surroundings(spec: mujoco.MjSpec, friction: float) -> None:
    spec.visual.global_.offwidth, spec.visual.global_.offheight = 1920, 1080
    spec.visual.headlight.ambient = [0.35, 0.35, 0.35]
    spec.visual.headlight.diffuse = [0.35, 0.35, 0.35]
    spec.visual.headlight.specular = [0.1, 0.1, 0.1]
    spec.visual.quality.shadowsize = 4096
    spec.visual.map.zfar = 60.0
    spec.add_texture(
        name="scene_sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.93, 0.95, 0.97],
        rgb2=[0.62, 0.72, 0.82],
        width=256,
        height=1536,
    )
    spec.add_texture(
        name="scene_floor",
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        rgb1=[0.80, 0.79, 0.77],
        rgb2=[0.76, 0.75, 0.73],
        mark=mujoco.mjtMark.mjMARK_EDGE,
        markrgb=[0.70, 0.69, 0.67],
        width=512,
        height=512,
    )
    material = spec.add_material(name="scene_floor", texrepeat=[1, 1], texuniform=True)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "scene_floor"
    spec.worldbody.add_light(
        name="scene_sun",
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=[-2, -2, 6],
        dir=[0.3, 0.35, -1],
        diffuse=[0.55, 0.54, 0.52],
        specular=[0.2, 0.2, 0.2],
        castshadow=True,
    )
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0, 0, 0.05],
        material="scene_floor",
        contype=ENVIRONMENT_BIT,
        conaffinity=0,
        condim=3,
        friction=[friction, 0.005, 0.0001],
        priority=FLOOR_PRIORITY,
    )


def _add_object(spec: mujoco.MjSpec, thing: SceneObject) -> None:
    color = thing.color or COLORS[thing.kind]
    body = spec.worldbody.add_body(
        name=thing.name, pos=thing.pos_w, quat=thing.quat_wxyz
    )
    if thing.movable:
        body.add_freejoint(name=thing.name)
        _add_loose(body, thing, color)
    elif thing.kind == "table":
        _add_table(body, thing, color)
    elif thing.kind == "shelf":
        _add_shelf(body, thing, color)
    else:
        _add_board(body, thing, color, (0, 0, 0), tuple(thing.half_size))


def _add_table(body: mujoco.MjsBody, thing: SceneObject, color: Rgb) -> None:
    depth, width, height = (float(half) for half in thing.half_size)
    top = (depth, width, BOARD / 2)
    _add_board(body, thing, color, (0, 0, height - BOARD / 2), top)
    leg = (LEG / 2, LEG / 2, height - BOARD / 2)
    darker = (0.8 * color[0], 0.8 * color[1], 0.8 * color[2])
    for x in (LEG - depth, depth - LEG):
        for y in (LEG - width, width - LEG):
            _add_board(body, thing, darker, (x, y, -BOARD / 2), leg)


def _add_shelf(body: mujoco.MjsBody, thing: SceneObject, color: Rgb) -> None:
    depth, width, height = (float(half) for half in thing.half_size)
    board = (depth, width, PANEL / 2)
    for z in (height - PANEL / 2, 0.0, PANEL * 2 - height):
        _add_board(body, thing, color, (0, 0, z), board)
    side = (depth, PANEL / 2, height - PANEL / 2)
    for y in (PANEL / 2 - width, width - PANEL / 2):
        _add_board(body, thing, color, (0, y, -PANEL / 2), side)
    back = (PANEL / 2, width, height - PANEL / 2)
    darker = (0.8 * color[0], 0.8 * color[1], 0.8 * color[2])
    _add_board(body, thing, darker, (depth - PANEL / 2, 0, -PANEL / 2), back)


def _add_board(
    body: mujoco.MjsBody, thing: SceneObject, color: Rgb, pos: Vector, half_size: Vector
) -> None:
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=pos,
        size=half_size,
        rgba=[*color, 1],
        contype=ENVIRONMENT_BIT,
        conaffinity=0,
        friction=[thing.friction, 0.02, 0.001],
    )


def _add_loose(body: mujoco.MjsBody, thing: SceneObject, color: Rgb) -> None:
    shapes = {
        "cup": (mujoco.mjtGeom.mjGEOM_CYLINDER, [*thing.half_size[[0, 2]], 0]),
        "ball": (mujoco.mjtGeom.mjGEOM_SPHERE, [thing.half_size[0], 0, 0]),
        "box": (mujoco.mjtGeom.mjGEOM_BOX, thing.half_size),
    }
    shape, size = shapes[thing.kind]
    body.add_geom(
        name=thing.name,
        type=shape,
        size=size,
        mass=thing.mass,
        rgba=[*color, 1],
        contype=OBJECT_BIT,
        conaffinity=ENVIRONMENT_BIT | OBJECT_BIT,
        # Rolling friction (condim 6) keeps a ball where it was put.
        condim=6 if thing.kind == "ball" else 4,
        friction=[thing.friction, 0.02, 0.001],
        solref=OBJECT_SOLREF,
        priority=OBJECT_PRIORITY,
    )
    if thing.kind == "cup":
        _add_opening(body, thing, color)


def _add_opening(body: mujoco.MjsBody, thing: SceneObject, color: Rgb) -> None:
    """Make the cylinder look like a cup: a pale rim around a dark drink."""
    radius, _, half_height = (float(half) for half in thing.half_size)
    pale = (0.4 + 0.6 * color[0], 0.4 + 0.6 * color[1], 0.4 + 0.6 * color[2])
    for r, z, half, rgb in (
        (radius + 0.0004, half_height - RIM / 2, RIM / 2 + 0.0002, pale),
        (0.86 * radius, half_height, 0.0006, DARK),
    ):
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            pos=[0, 0, z],
            size=[r, half, 0],
            rgba=[*rgb, 1],
            mass=0,
            contype=0,
            conaffinity=0,
        )
