"""Rigid objects in Isaac Lab in the quaternions and axes of Praxis."""

from __future__ import annotations

from typing import Any

import torch

from sim2real.isaaclab.newton_shapes import change_shapes
from sim2real.isaaclab.robot_view import wxyz, xyzw
from sim2real.rotations import rotate, rotate_inverse

Tensor = torch.Tensor


class ObjectView:
    """N copies of one object; tensors are (N, ...) on its device.

    Positions are relative to the origin of each copy's own environment.
    """

    def __init__(self, asset: Any, origins: Tensor) -> None:
        """Take the object after the simulation has been reset.

        Args:
            asset: `isaaclab.assets.RigidObject`.
            origins: of the environments [m], (N, 3).
        """
        self.asset = asset
        self.origins = origins

    # --- reading ----------------------------------------------------------------------

    @property
    def pos(self) -> Tensor:
        """[m], (N, 3)."""
        return self.asset.data.root_link_pos_w.torch - self.origins

    @property
    def quat_wxyz(self) -> Tensor:
        """(N, 4)."""
        return wxyz(self.asset.data.root_link_quat_w.torch)

    @property
    def lin_vel_w(self) -> Tensor:
        """[m/s], (N, 3)."""
        return self.asset.data.root_link_lin_vel_w.torch

    @property
    def ang_vel(self) -> Tensor:
        """In the object's own frame [rad/s], (N, 3)."""
        spin: Tensor = self.asset.data.root_link_ang_vel_w.torch
        return rotate_inverse(self.quat_wxyz, spin)

    # --- writing ----------------------------------------------------------------------

    def place(
        self,
        who: Tensor,
        *,
        pos: Tensor,
        quat_wxyz: Tensor,
        lin_vel_w: Tensor,
        ang_vel: Tensor,
    ) -> None:
        """Put some copies into a state; rows belong to the indices `who`, (m,)."""
        ids = who.to(torch.int32)
        pose = torch.cat([pos + self.origins[who], xyzw(quat_wxyz)], -1)
        twist = torch.cat([lin_vel_w, rotate(quat_wxyz, ang_vel)], -1)
        self.asset.write_root_link_pose_to_sim_index(root_pose=pose, env_ids=ids)
        self.asset.write_root_link_velocity_to_sim_index(
            root_velocity=twist, env_ids=ids
        )

    def set_mass(self, mass: Tensor, inertia: Tensor) -> None:
        """Set the masses [kg] (N,) and the moments about x, y, z [kg m2] (N, 3)."""
        tensor = torch.diag_embed(inertia).reshape(len(mass), 1, 9)
        self.asset.set_inertias_index(inertias=tensor)
        self.asset.set_masses_index(masses=mass[:, None])

    def set_friction(self, friction: Tensor) -> None:
        """Give every shape of each copy one sliding coefficient, (N,)."""
        view = self.asset.root_view
        if hasattr(view, "get_material_properties"):  # PhysX
            materials = view.get_material_properties()
            values = friction.to(materials.device)[:, None]
            materials[..., 0] = materials[..., 1] = values
            everyone = torch.arange(len(friction), device=materials.device)
            view.set_material_properties(materials, everyone)
            return

        def of_environment(old: Tensor, environment: Tensor, kind: Tensor) -> Tensor:
            return friction[environment]

        change_shapes(self.asset, "shape_material_mu", of_environment)

    def stretch(self, width: Tensor, height: Tensor) -> None:
        """Scale the cylinders and boxes of each copy, about and along z, (N,) each.

        Newton only. What was simulated first has to be the largest: the spheres in
        which Newton looks for contacts keep their size.
        """
        from newton import GeoType

        same = torch.ones_like(width)
        cylinder = torch.stack([width, height, same], -1)  # radius, half height
        box = torch.stack([width, width, height], -1)

        def scaled(old: Tensor, environment: Tensor, kind: Tensor) -> Tensor:
            round_ = (kind == int(GeoType.CYLINDER))[:, None]
            factor = torch.where(round_, cylinder[environment], box[environment])
            return old * factor

        change_shapes(self.asset, "shape_scale", scaled)
