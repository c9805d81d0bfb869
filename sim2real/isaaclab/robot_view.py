"""Robots in Isaac Lab in the names, joint order and quaternions of Praxis."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import torch

from configs.schema import RobotConfig
from sim2real.isaaclab.newton_shapes import change_shapes
from sim2real.rotations import rotate, rotate_inverse
from sim2real.usd.articulation_check import Articulation

Tensor = torch.Tensor


class RobotView:
    """N robots of one articulation; tensors are (N, ...) on its device.

    Joint vectors are in robot order, quaternions wxyz, positions relative to the origin
    of each robot's own environment.
    """

    def __init__(self, articulation: Any, robot: RobotConfig, origins: Tensor) -> None:
        """Take the articulation after the simulation has been reset.

        Args:
            articulation: `isaaclab.assets.Articulation`.
            robot: the robot.
            origins: of the environments [m], (N, 3).
        """
        self.asset = articulation
        self.robot = robot
        self.origins = origins
        self.device = origins.device
        names = list(articulation.joint_names)
        self._order = self._indices([names.index(n) for n in robot.joint_names])
        self._back = torch.argsort(self._order)
        root = ElementTree.parse(robot.mjcf).getroot()
        self._mounts = {
            site.get("name"): (body.get("name"), site.get("pos", "0 0 0"))
            for body in root.iter("body")
            for site in body.findall("site")
        }

    # --- reading ----------------------------------------------------------------------

    @property
    def joint_pos(self) -> Tensor:
        """[rad], (N, n)."""
        return self._data.joint_pos.torch[:, self._order]

    @property
    def joint_vel(self) -> Tensor:
        """[rad/s], (N, n)."""
        return self._data.joint_vel.torch[:, self._order]

    @property
    def joint_effort(self) -> Tensor:
        """[N m], (N, n)."""
        return self._data.applied_torque.torch[:, self._order]

    @property
    def base_pos(self) -> Tensor:
        """Of the pelvis [m], (N, 3)."""
        return self._data.root_link_pos_w.torch - self.origins

    @property
    def base_quat_wxyz(self) -> Tensor:
        """Of the pelvis, (N, 4)."""
        return wxyz(self._data.root_link_quat_w.torch)

    @property
    def base_lin_vel_w(self) -> Tensor:
        """Of the pelvis [m/s], (N, 3)."""
        return self._data.root_link_lin_vel_w.torch

    @property
    def base_ang_vel(self) -> Tensor:
        """In the pelvis frame [rad/s], (N, 3)."""
        # Isaac Lab's own value in this frame is only renewed when time passes.
        spin: Tensor = self._data.root_link_ang_vel_w.torch
        return rotate_inverse(self.base_quat_wxyz, spin)

    def body_quat_wxyz(self, name: str) -> Tensor:
        """Return the orientation of a body, (N, 4)."""
        return wxyz(self._data.body_link_quat_w.torch[:, self._body(name)])

    def site(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """Return position (N, 3) [m], velocity (N, 3) [m/s] and orientation (N, 4)."""
        body, place = self._mounts[name]
        index = self._body(str(body))
        quat = wxyz(self._data.body_link_quat_w.torch[:, index])
        offset = torch.tensor([float(word) for word in place.split()])
        arm = rotate(quat, offset.to(quat).expand(len(quat), 3))
        position = self._data.body_link_pos_w.torch[:, index] + arm - self.origins
        spin = self._data.body_link_ang_vel_w.torch[:, index]
        velocity = self._data.body_link_lin_vel_w.torch[:, index]
        return position, velocity + torch.linalg.cross(spin, arm), quat

    def centre_of_mass(self) -> tuple[Tensor, Tensor]:
        """Return it [m] and its velocity [m/s], (N, 3) each."""
        mass = self._data.body_mass.torch.to(self.device)
        share = (mass / mass.sum(-1, keepdim=True))[..., None]
        position = (share * self._data.body_com_pos_w.torch).sum(1) - self.origins
        return position, (share * self._data.body_com_lin_vel_w.torch).sum(1)

    def reported(self) -> Articulation:
        """Return what the engine says of the first robot, to be checked."""
        data = self._data
        limits = data.joint_pos_limits.torch[0].cpu().numpy().astype(float)
        masses = data.body_mass.torch[0].cpu().numpy().astype(float)

        def first(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
            return np.asarray(values.torch[0].cpu().numpy(), dtype=np.float64)

        return Articulation(
            joint_names=tuple(self.asset.joint_names),
            lower_limit=limits[:, 0],
            upper_limit=limits[:, 1],
            armature=first(data.joint_armature),
            stiffness=first(data.joint_stiffness),
            damping=first(data.joint_damping),
            effort_limit=first(data.joint_effort_limits),
            velocity_limit=first(data.joint_vel_limits),
            body_masses=dict(
                zip(self.asset.body_names, map(float, masses), strict=True)
            ),
        )

    # --- writing ----------------------------------------------------------------------

    def set_targets(self, joint_pos: Tensor) -> None:
        """Give every joint its target [rad], (N, n)."""
        self.asset.set_joint_position_target_index(target=joint_pos[:, self._back])

    def set_gains(self, stiffness: Tensor, damping: Tensor) -> None:
        """Give every joint its gains, (N, n) each."""
        self.asset.write_joint_stiffness_to_sim_index(
            stiffness=stiffness[:, self._back].contiguous()
        )
        self.asset.write_joint_damping_to_sim_index(
            damping=damping[:, self._back].contiguous()
        )

    def change_masses(self, scale: Tensor, added: Tensor, shift: Tensor) -> None:
        """Scale and add to the masses of all bodies, and shift their centres.

        Inertia grows with the mass.

        Args:
            scale: of each body, (N, bodies).
            added: then [kg], (N, bodies).
            shift: of the centre of mass in the body's frame [m], (N, bodies, 3).
        """
        data = self._data
        before = data.body_mass.torch
        masses = before * scale + added
        grown = (masses / before)[..., None]
        self.asset.set_inertias_index(inertias=data.body_inertia.torch * grown)
        self.asset.set_masses_index(masses=masses)
        if type(self.asset).__module__.startswith("isaaclab_newton"):
            self.asset.set_coms_index(coms=data.body_com_pos_b.torch + shift)
            return
        pose = data.body_com_pose_b.torch.clone()  # PhysX: with the axes of inertia
        pose[..., :3] += shift
        self.asset.set_coms_index(coms=pose)

    def set_limits(self, *, effort: Tensor, armature_scale: Tensor) -> None:
        """Limit efforts [N m] and scale the rotors' inertia, (N, n) each."""
        armature = self._data.joint_armature.torch[:, self._order] * armature_scale
        self.asset.write_joint_effort_limit_to_sim_index(
            limits=effort[:, self._back].contiguous()
        )
        self.asset.write_joint_armature_to_sim_index(
            armature=armature[:, self._back].contiguous()
        )

    def set_friction(self, friction: Tensor) -> None:
        """Give every shape of each robot one sliding coefficient, (N,)."""
        view = self.asset.root_view
        if hasattr(view, "get_material_properties"):  # PhysX
            materials = view.get_material_properties()
            values = friction.to(materials.device)[:, None]
            materials[..., 0] = materials[..., 1] = values
            everyone = torch.arange(len(friction), device=materials.device)
            view.set_material_properties(materials, everyone)
            return
        change_shapes(self.asset, "shape_material_mu", lambda _, who, __: friction[who])

    def place(
        self,
        who: Tensor,
        *,
        base_pos: Tensor,
        base_quat_wxyz: Tensor,
        base_lin_vel_w: Tensor,
        base_ang_vel: Tensor,
        joint_pos: Tensor,
        joint_vel: Tensor,
    ) -> None:
        """Put some robots into a state; rows belong to the indices `who`, (m,)."""
        ids = who.to(torch.int32)
        position = base_pos + self.origins[who]
        pose = torch.cat([position, xyzw(base_quat_wxyz)], -1)
        spin = rotate(base_quat_wxyz, base_ang_vel)
        velocity = torch.cat([base_lin_vel_w, spin], -1)
        asset = self.asset
        asset.write_root_link_pose_to_sim_index(root_pose=pose, env_ids=ids)
        asset.write_root_link_velocity_to_sim_index(root_velocity=velocity, env_ids=ids)
        back = self._back
        asset.write_joint_position_to_sim_index(
            position=joint_pos[:, back].contiguous(), env_ids=ids
        )
        asset.write_joint_velocity_to_sim_index(
            velocity=joint_vel[:, back].contiguous(), env_ids=ids
        )

    def push(self, who: Tensor, velocity_w: Tensor, turn_rate: Tensor) -> None:
        """Change the pelvis' velocity at once: [m/s] (m, 3) and [rad/s] (m,)."""
        twist = self._data.root_link_vel_w.torch[who].clone()
        twist[:, :3] += velocity_w
        twist[:, 5] += turn_rate
        self.asset.write_root_link_velocity_to_sim_index(
            root_velocity=twist, env_ids=who.to(torch.int32)
        )

    @property
    def _data(self) -> Any:
        return self.asset.data

    def _body(self, name: str) -> int:
        return int(self.asset.body_names.index(name))

    def _indices(self, values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=self.device)


def wxyz(quat_xyzw: Tensor) -> Tensor:
    """Return quaternions as Praxis writes them, (..., 4)."""
    return torch.roll(quat_xyzw, 1, dims=-1)


def xyzw(quat_wxyz: Tensor) -> Tensor:
    """Return quaternions as Isaac Lab 3 writes them, (..., 4)."""
    return torch.roll(quat_wxyz, -1, dims=-1)
