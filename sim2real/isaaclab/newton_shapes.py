"""Numbers of Newton's shapes that differ from environment to environment."""

from __future__ import annotations

import re
from typing import Any

import torch

Tensor = torch.Tensor


def set_shapes(asset: Any, name: str, rows: Tensor) -> None:
    """Write one attribute of every shape of an asset, in every environment.

    The asset's own view gives a copy as soon as its shapes do not lie together in the
    model, which is so where there are other bodies beside it: writing there is lost.

    Args:
        asset: `isaaclab.assets.Articulation` or `RigidObject`.
        name: such as `shape_material_mu` or `shape_scale`.
        rows: one for each environment, (N,) or (N, 3).
    """
    import warp
    from isaaclab_newton.physics import NewtonManager
    from newton.solvers import SolverNotifyFlags

    model = NewtonManager.get_model()
    mine = re.compile(f"{asset.cfg.prim_path}/")
    shapes = [i for i, label in enumerate(model.shape_label) if mine.match(label)]
    values = warp.to_torch(getattr(model, name))
    environment = warp.to_torch(model.shape_world)[shapes].long()
    values[shapes] = rows[environment]
    NewtonManager.add_model_change(SolverNotifyFlags.SHAPE_PROPERTIES)
