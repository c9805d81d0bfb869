"""Build one randomised tabletop with one arm for each environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import HandRandomization
from sim2real.mujoco_model import robot_spec
from sim2real.mujoco_parameters import change_motors, change_robot
from sim2real.robot_parameters import RobotParameters
from sim2real.rotations import wxyz_from_rpy
from skills.training.leg_models import weld
from skills.training.ranges import ranges_of_hands

Array = NDArray[np.float64]
TABLE_HALF = (0.3, 0.6, 0.02)  # half size of the table's top [m]
ARM_GEOM_BODIES = ("elbow", "wrist", "hand")


@dataclass(frozen=True, kw_only=True)
class Tabletop:
    """What was drawn for one environment; positions in the world."""

    table_height: float  # [m]
    table_edge: float  # x of the edge that faces the robot [m]
    cup_radius: float  # [m]
    cup_height: float  # [m]
    cup_mass: float  # [kg]
    friction: float
    waist: tuple[float, float, float]  # yaw, roll, pitch [rad]
    base_height: float  # [m]
    base_tilt: tuple[float, float]  # roll, pitch [rad]

    @property
    def table_pos(self) -> tuple[float, float, float]:
        """The centre of the table's top [m]."""
        half_x, _, half_z = TABLE_HALF
        return self.table_edge + half_x, 0.0, self.table_height - half_z


def draw_tabletop(config: HandRandomization, rng: np.random.Generator) -> Tabletop:
    """Draw one tabletop and the stance of the robot before it."""
    return Tabletop(
        table_height=rng.uniform(*config.table_height),
        table_edge=rng.uniform(*config.table_edge),
        cup_radius=rng.uniform(*config.cup_radius),
        cup_height=rng.uniform(*config.cup_height),
        cup_mass=rng.uniform(*config.cup_mass),
        friction=rng.uniform(*config.friction),
        waist=tuple(rng.uniform(-1, 1, 3) * config.waist),
        base_height=rng.uniform(*config.base_height),
        base_tilt=tuple(rng.uniform(-1, 1, 2) * config.base_tilt),
    )


def hand_spec(
    robot: RobotConfig,
    top: Tabletop,
    side: str,
    parameters: RobotParameters | None = None,
) -> mujoco.MjSpec:
    """Return the robot with one free arm and hand, a table and a cup."""
    spec = robot_spec(robot)
    if parameters is not None:
        change_robot(spec, robot, parameters)
        change_motors(spec, robot, parameters)
    keep = set(robot.joints_of(f"{side}_arm", f"{side}_hand"))
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    welded = {k: float(v) for k, v in default.items() if k not in keep}
    for name, value in zip(robot.joints_of("waist"), top.waist, strict=True):
        welded[name] = value
    for geom in list(spec.geoms):
        body = geom.parent.name
        collides = geom.contype or geom.conaffinity
        near = body.startswith(side) and any(p in body for p in ARM_GEOM_BODIES)
        if not (collides and near):
            spec.delete(geom)
    base = spec.body(robot.base_body)
    spec.delete(base.first_joint())
    base.pos = [0.0, 0.0, top.base_height]
    roll, pitch = (np.float64(angle) for angle in top.base_tilt)
    base.quat = wxyz_from_rpy(roll, pitch, np.float64(0.0))
    weld(spec, welded)
    add_table(spec.worldbody, top.table_pos)
    add_cup(spec, top)
    _add_sensors(spec, side)
    return spec


def add_table(body: mujoco.MjsBody, pos: Sequence[float]) -> None:
    """Add the table's top to a body [m]."""
    body.add_geom(
        name="table",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=pos,
        size=TABLE_HALF,
        contype=1,
        conaffinity=0,
        friction=[0.8, 0.005, 0.0001],
    )


def add_cup(spec: mujoco.MjSpec, top: Tabletop) -> None:
    """Add the cup on a free joint; its friction decides every contact with it."""
    cup = spec.worldbody.add_body(name="cup")
    cup.add_freejoint(name="cup")
    cup.add_geom(
        name="cup",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=[top.cup_radius, top.cup_height / 2, 0],
        mass=top.cup_mass,
        contype=2,
        conaffinity=3,
        condim=4,
        friction=[top.friction, 0.02, 0.001],
        priority=1,
        solref=[0.01, 1.0],
    )


def _add_sensors(spec: mujoco.MjSpec, side: str) -> None:
    kinds = mujoco.mjtSensor
    site = mujoco.mjtObj.mjOBJ_SITE
    for finger in ("thumb", "index", "middle"):
        spec.add_sensor(
            name=f"{finger}_tip",
            type=kinds.mjSENS_FRAMEPOS,
            objtype=site,
            objname=f"{side}_{finger}_tip",
        )


def draw_hand_models(
    robot: RobotConfig,
    config: HandRandomization,
    num_envs: int,
    side: str,
    rng: np.random.Generator,
) -> tuple[list[mujoco.MjModel], list[Tabletop], list[RobotParameters]]:
    """Return one model for each environment and what was drawn for it."""
    ranges = ranges_of_hands(config)
    models, tops, robots = [], [], []
    for _ in range(num_envs):
        top, one = draw_tabletop(config, rng), ranges.draw(robot, rng)
        spec = hand_spec(robot, top, side, one)
        models.append(spec.compile())
        tops.append(top)
        robots.append(one)
    return models, tops, robots
