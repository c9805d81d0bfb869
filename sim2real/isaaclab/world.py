"""A scene with robots in Isaac Lab: built, stood up anew, advanced in lock-step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import isaaclab.sim as sim_utils
import numpy as np
import torch
from isaaclab.assets import AssetBaseCfg, RigidObjectCfg
from isaaclab.scene import InteractiveScene, InteractiveSceneCfg
from isaaclab.sim import SimulationContext
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.isaaclab.ground import spawn_ground
from sim2real.isaaclab.newton_memory import forget
from sim2real.isaaclab.newton_tolerance import heed_light_things
from sim2real.isaaclab.robot_view import RobotView, wxyz, xyzw
from sim2real.isaaclab.settings import robot_cfg, simulation_cfg
from sim2real.mujoco_model import DECIMATION, PHYSICS_DT
from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.rotations import wxyz_from_yaw, yaw_of
from sim2real.scenes import Scene, SceneObject
from sim2real.usd.articulation_check import articulation_differences
from sim2real.usd.cache import robot_usd

Array = NDArray[np.float64]
SPACING = 12.0  # between environments [m]


class World:
    """N copies of a scene, each with a robot."""

    def __init__(
        self,
        robot: RobotConfig,
        scene: Scene,
        usd: str,
        *,
        count: int,
        physics: str,
        device: str,
    ) -> None:
        """Build the simulation, which takes some seconds.

        Args:
            robot: the robot.
            scene: as drawn.
            usd: file of the scene, from `sim2real.usd.cache.scene_usd`.
            count: how many robots.
            physics: `newton`, `newton-warp` or `physx`.
            device: `cpu`, `cuda:0` ...
        """
        self.robot = robot
        self.scene = scene
        self._usd = usd
        sim_utils.create_new_stage()
        self._sim = SimulationContext(simulation_cfg(physics, device, robots=count))
        spawn_ground(scene.floor_friction)
        self._interactive = InteractiveScene(_scene_cfg(robot, scene, usd, count))
        self._sim.reset()
        heed_light_things(self._interactive["robot"])
        origins = self._interactive.env_origins
        self._view = RobotView(self._interactive["robot"], robot, origins)
        self._everyone = torch.arange(count, device=origins.device)
        self._gains: tuple[Array, Array] | None = None

    def fits(self, usd: str) -> bool:
        """Whether this is the world of a scene file."""
        return usd == self._usd

    def close(self) -> None:
        """Drop the simulation."""
        SimulationContext.clear_instance()

    def stand(self, scene: Scene) -> None:
        """Put every robot to its start and every object where it stands at first."""
        self.scene = scene
        robot, start, count = self.robot, scene.start, len(self._everyone)
        quat = wxyz_from_yaw(np.array(start.yaw))
        self.place(
            [
                RobotState(
                    time=0.0,
                    joint_pos=robot.default_joint_pos,
                    joint_vel=np.zeros(len(robot.joint_names)),
                    joint_effort=np.zeros(len(robot.joint_names)),
                    base_pos_w=np.array([start.x, start.y, robot.standing_height]),
                    base_quat_wxyz=quat,
                    base_lin_vel_w=np.zeros(3),
                    base_ang_vel=np.zeros(3),
                )
            ]
            * count
        )
        for thing in _loose(scene):
            self._put(thing)
        self._interactive.reset()
        forget(self._interactive["robot"], self._everyone)
        self._refresh()

    def place(self, states: Sequence[RobotState]) -> None:
        """Put each robot into a state; joints take their positions as targets."""

        def stacked(name: str) -> torch.Tensor:
            return self._float(np.stack([getattr(state, name) for state in states]))

        self._view.place(
            self._everyone,
            base_pos=stacked("base_pos_w"),
            base_quat_wxyz=stacked("base_quat_wxyz"),
            base_lin_vel_w=stacked("base_lin_vel_w"),
            base_ang_vel=stacked("base_ang_vel"),
            joint_pos=stacked("joint_pos"),
            joint_vel=stacked("joint_vel"),
        )
        self._view.set_targets(stacked("joint_pos"))
        self._refresh()

    def push(self, delta_velocity_w: Array) -> None:
        """Add a velocity to every base [m/s], (3,)."""
        count = len(self._everyone)
        velocity = self._float(delta_velocity_w).expand(count, 3)
        still = torch.zeros(count, device=velocity.device)
        self._view.push(self._everyone, velocity, still)
        self._refresh()

    def advance(self, commands: Sequence[JointCommand]) -> None:
        """Apply a command to each robot for one control period."""
        stiffness = np.stack([command.stiffness for command in commands])
        damping = np.stack([command.damping for command in commands])
        known = self._gains
        if known is None or not (
            np.array_equal(known[0], stiffness) and np.array_equal(known[1], damping)
        ):
            self._gains = (stiffness, damping)
            self._view.set_gains(self._float(stiffness), self._float(damping))
        targets = self._float(np.stack([command.joint_pos for command in commands]))
        for _ in range(DECIMATION):
            self._view.set_targets(targets)
            self._interactive.write_data_to_sim()
            self._sim.step(render=False)
            self._interactive.update(PHYSICS_DT)

    def states(self) -> list[RobotState]:
        """Return what each robot measures; the caller knows the time."""
        view = self._view
        joint_pos, joint_vel = _array(view.joint_pos), _array(view.joint_vel)
        effort, pos = _array(view.joint_effort), _array(view.base_pos)
        quat, spin = _array(view.base_quat_wxyz), _array(view.base_ang_vel)
        quat /= np.linalg.norm(quat, axis=-1, keepdims=True)
        speed = _array(view.base_lin_vel_w)
        return [
            RobotState(
                time=0.0,
                joint_pos=joint_pos[i],
                joint_vel=joint_vel[i],
                joint_effort=effort[i],
                base_pos_w=pos[i],
                base_quat_wxyz=quat[i],
                base_lin_vel_w=speed[i],
                base_ang_vel=spin[i],
            )
            for i in range(len(joint_pos))
        ]

    def objects(self) -> list[Mapping[str, ObjectState]]:
        """Return every robot's objects by name."""
        rows = [
            {thing.name: thing.at_rest() for thing in self.scene.objects}
            for _ in range(len(self._everyone))
        ]
        for thing in _loose(self.scene):
            data = self._interactive[thing.name].data
            pos = _array(data.root_link_pos_w.torch - self._view.origins)
            quat = _array(wxyz(data.root_link_quat_w.torch))
            speed = _array(data.root_link_lin_vel_w.torch)
            for i, row in enumerate(rows):
                rest = row[thing.name]
                row[thing.name] = ObjectState(
                    name=rest.name,
                    kind=rest.kind,
                    pos_w=pos[i],
                    quat_wxyz=quat[i] / np.linalg.norm(quat[i]),
                    lin_vel_w=speed[i],
                    half_size=rest.half_size,
                    movable=True,
                )
        return list(rows)

    def move(self, name: str, pos_w: Array) -> None:
        """Stand a loose object upright somewhere else, at rest; its yaw is kept."""
        thing = next(thing for thing in _loose(self.scene) if thing.name == name)
        now = self.objects()[0][name]
        yaw = float(yaw_of(now.quat_wxyz))
        self._put(replace(thing, pos_w=np.asarray(pos_w, float), yaw=yaw))
        self._refresh()

    def differences(self) -> list[str]:
        """Return what the articulation has otherwise than the robot's YAML."""
        return articulation_differences(self.robot, self._view.reported())

    def _put(self, thing: SceneObject) -> None:
        asset = self._interactive[thing.name]
        count = len(self._everyone)
        place = self._float(thing.pos_w).expand(count, 3) + self._view.origins
        turned = xyzw(self._float(thing.quat_wxyz)).expand(count, 4)
        ids = self._everyone.to(torch.int32)
        asset.write_root_link_pose_to_sim_index(
            root_pose=torch.cat([place, turned], -1), env_ids=ids
        )
        still = torch.zeros(count, 6, device=place.device)
        asset.write_root_link_velocity_to_sim_index(root_velocity=still, env_ids=ids)

    def _refresh(self) -> None:
        """Let what is read agree with what was just written."""
        self._sim.forward()
        self._interactive.update(0.0)

    def _float(self, values: Any) -> torch.Tensor:
        return torch.as_tensor(
            np.asarray(values),
            dtype=torch.float32,
            device=self._interactive.env_origins.device,
        )


def _scene_cfg(robot: RobotConfig, scene: Scene, usd: str, count: int) -> Any:
    cfg = InteractiveSceneCfg(
        num_envs=count, env_spacing=SPACING, replicate_physics=True
    )
    cfg.robot = robot_cfg(robot, robot_usd(robot), "{ENV_REGEX_NS}/Robot")
    if scene.objects:
        cfg.furniture = AssetBaseCfg(
            prim_path="{ENV_REGEX_NS}/Scene",
            spawn=sim_utils.UsdFileCfg(usd_path=usd),
        )
    for thing in _loose(scene):
        state = RigidObjectCfg.InitialStateCfg(
            pos=tuple(thing.pos_w), rot=tuple(np.roll(thing.quat_wxyz, -1))
        )
        path = f"{{ENV_REGEX_NS}}/Scene/{thing.name}"
        loose = RigidObjectCfg(prim_path=path, init_state=state)
        setattr(cfg, thing.name, loose)
    return cfg


def _loose(scene: Scene) -> list[SceneObject]:
    return [thing for thing in scene.objects if thing.movable]


def _array(values: torch.Tensor) -> Array:
    return np.asarray(values.detach().cpu().numpy(), dtype=np.float64)
