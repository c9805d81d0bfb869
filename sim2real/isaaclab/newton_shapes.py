"""Numbers of Newton's shapes that differ from environment to environment."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch

Tensor = torch.Tensor
Change = Callable[[Tensor, Tensor, Tensor], Tensor]


def change_shapes(asset: Any, name: str, change: Change) -> None:
    """Write one attribute of every shape of an asset, in every environment.

    The asset's own view gives a copy as soon as its shapes do not lie together in the
    model, which is so where there are other bodies beside it: writing there is lost.

    Args:
        asset: `isaaclab.assets.Articulation` or `RigidObject`.
        name: such as `shape_material_mu` or `shape_scale`.
        change: returns the new values for (the old ones, each shape's environment, its
            `newton.GeoType`), (S, ...) each.
    """
    import warp
    from isaaclab_newton.physics import NewtonManager
    from newton.solvers import SolverNotifyFlags

    model = NewtonManager.get_model()
    mine = re.compile(f"{asset.cfg.prim_path}/")
    shapes = [i for i, label in enumerate(model.shape_label) if mine.match(label)]
    values = warp.to_torch(getattr(model, name))
    environment, kind = (
        warp.to_torch(numbers)[shapes].long()
        for numbers in (model.shape_world, model.shape_type)
    )
    values[shapes] = change(values[shapes], environment, kind)
    NewtonManager.add_model_change(SolverNotifyFlags.SHAPE_PROPERTIES)
