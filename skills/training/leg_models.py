"""Build the MuJoCo models of walk and balance: the G1 with welded arms, its poses."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import LegRandomization
from sim2real.mujoco_model import robot_spec
from sim2real.rotations import multiply

Array = NDArray[np.float64]

FLOOR_FRICTION = 0.8
"""Of the floor and the feet before it is randomised."""

# Span of the arm poses that walking must bear, around the default pose [rad].
ARM_SPAN = {
    "shoulder_pitch": (-1.6, 0.4),
    "shoulder_roll": (-0.3, 0.5),
    "shoulder_yaw": (-0.5, 0.5),
    "elbow": (-0.1, 1.9),
    "wrist_roll": (-0.6, 0.6),
    "wrist_pitch": (-0.4, 0.4),
    "wrist_yaw": (-0.4, 0.4),
}


def random_arm_pose(robot: RobotConfig, rng: np.random.Generator) -> dict[str, float]:
    """Draw a pose for both arms: positions [rad] by joint name."""
    pose = {}
    for name in robot.joints_of("left_arm", "right_arm"):
        index = robot.joint_names.index(name)
        low, high = next(v for k, v in ARM_SPAN.items() if k in name)
        if name.startswith("right") and ("roll" in name or "yaw" in name):
            low, high = -high, -low
        position = robot.default_joint_pos[index] + rng.uniform(low, high)
        pose[name] = float(np.clip(position, *robot.joint_range[index]))
    return pose


@dataclass(frozen=True, kw_only=True)
class WildArms:
    """Four fifths of the arms' whole range; in the order of the arms' joints, (14,).

    A pose is drawn between `low` and `high` and then brought between `least` and
    `most`, which keep the shoulders' roll outside the trunk.
    """

    low: Array  # [rad]
    high: Array  # [rad]
    least: Array  # [rad]
    most: Array  # [rad]


def wild_arms(robot: RobotConfig) -> WildArms:
    """Return where arms may be drawn."""
    names = robot.joints_of("left_arm", "right_arm")
    limits = robot.joint_range[[robot.joint_names.index(name) for name in names]]
    middle, half = limits.mean(1), 0.8 * (limits[:, 1] - limits[:, 0]) / 2
    low, high = middle - half, middle + half
    least, most = low.copy(), high.copy()
    for number, name in enumerate(names):
        if "shoulder_roll" in name:
            (least if "left" in name else most)[number] = 0.0
    return WildArms(low=low, high=high, least=least, most=most)


def wild_arm_pose(robot: RobotConfig, rng: np.random.Generator) -> dict[str, float]:
    """Draw a pose for both arms from `wild_arms`: [rad] by joint name."""
    names, arms = robot.joints_of("left_arm", "right_arm"), wild_arms(robot)
    drawn = np.clip(rng.uniform(arms.low, arms.high), arms.least, arms.most)
    return dict(zip(names, drawn.tolist(), strict=True))


def held_arm_pose(
    robot: RobotConfig, config: LegRandomization, rng: np.random.Generator
) -> dict[str, float]:
    """Draw where a walking robot holds its arms: [rad] by joint name."""
    kind = rng.random()
    if kind < config.wild_arms_share:
        return wild_arm_pose(robot, rng)
    if kind < config.wild_arms_share + config.random_arms_share:
        return random_arm_pose(robot, rng)
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    names = robot.joints_of("left_arm", "right_arm")
    return {name: float(default[name]) for name in names}


def weld(spec: mujoco.MjSpec, joint_pos: dict[str, float]) -> None:
    """Freeze joints at the given positions [rad] and merge their links."""
    for name, position in joint_pos.items():
        joint = spec.joint(name)
        axis = np.array(joint.axis) / np.linalg.norm(joint.axis)
        turn = np.concatenate([[np.cos(position / 2)], np.sin(position / 2) * axis])
        body = joint.parent
        body.quat = multiply(np.array(body.quat), turn)
        spec.delete(spec.actuator(name))
        spec.delete(joint)
    spec.compiler.fusestatic = True


def leg_spec(
    robot: RobotConfig,
    welded: dict[str, float],
    payload: tuple[str, float] | None = None,
) -> mujoco.MjSpec:
    """Return the robot on a plane with feet as its only contacts, and sensors.

    Args:
        robot: the robot.
        welded: joints to freeze, with their positions [rad].
        payload: side and mass [kg] of something held in one hand.
    """
    spec = robot_spec(robot)
    if payload is not None:
        side, mass = payload
        site = spec.site(f"{side}_grasp")
        site.parent.add_body(
            name="payload",
            pos=site.pos,
            mass=mass,
            ipos=[0, 0, 0],  # MuJoCo would add `pos` once more
            inertia=[0.002 * mass] * 3,
            explicitinertial=True,
        )
    for geom in list(spec.geoms):
        if not geom.name.startswith(("left_foot", "right_foot")):
            spec.delete(geom)
    weld(spec, welded)
    # Feet do not creep: the cheaper cone trains a third faster, and the run time's
    # elliptic one walks alike.
    spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0, 0, 0.05],
        contype=1,
        conaffinity=0,
        friction=[FLOOR_FRICTION, 0.005, 0.0001],
    )
    _add_sensors(spec, robot)
    return spec


def _add_sensors(spec: mujoco.MjSpec, robot: RobotConfig) -> None:
    kinds = mujoco.mjtSensor
    site = mujoco.mjtObj.mjOBJ_SITE

    def add(name: str, kind: mujoco.mjtSensor, target: str) -> None:
        spec.add_sensor(name=name, type=kind, objtype=site, objname=target)

    for side in ("left", "right"):
        foot = getattr(robot.sites, f"{side}_foot")
        spec.site(foot).parent.add_site(
            name=f"{side}_sole",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=[0.035, 0, -0.03],
            size=[0.12, 0.06, 0.02],
        )
        add(f"{side}_pos", kinds.mjSENS_FRAMEPOS, foot)
        add(f"{side}_vel", kinds.mjSENS_FRAMELINVEL, foot)
        add(f"{side}_x", kinds.mjSENS_FRAMEXAXIS, foot)
        add(f"{side}_z", kinds.mjSENS_FRAMEZAXIS, foot)
        add(f"{side}_force", kinds.mjSENS_TOUCH, f"{side}_sole")
    for name, kind in (
        ("com", kinds.mjSENS_SUBTREECOM),
        ("com_vel", kinds.mjSENS_SUBTREELINVEL),
    ):
        spec.add_sensor(
            name=name,
            type=kind,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            objname=robot.base_body,
        )
    # Gravity in the torso frame is the world's z axis seen from it.
    spec.add_sensor(
        name="torso_z",
        type=kinds.mjSENS_FRAMEZAXIS,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        objname="world",
        reftype=site,
        refname="imu_in_torso",
    )
    for actuator in spec.actuators:
        spec.add_sensor(
            name=f"effort_{actuator.name}",
            type=kinds.mjSENS_ACTUATORFRC,
            objtype=mujoco.mjtObj.mjOBJ_ACTUATOR,
            objname=actuator.name,
        )
