"""What Newton's MuJoCo solver remembers from one step to the next."""

from __future__ import annotations

from typing import Any

import torch


def forget(asset: Any, who: torch.Tensor) -> None:
    """Let the solver begin without a first guess in some environments.

    It starts from the accelerations of the step before. Once these are not finite they
    stay so, whatever is written into the state. Other engines have no such memory.

    Args:
        asset: any of Isaac Lab's, to know the engine by.
        who: indices of environments, (m,).
    """
    if not type(asset).__module__.startswith("isaaclab_newton"):
        return
    import warp
    from isaaclab_newton.physics import NewtonManager

    solver = NewtonManager._solver
    if getattr(solver, "use_mujoco_cpu", False):  # one world, stepped by MuJoCo itself
        solver.mj_data.qacc_warmstart[:] = 0.0
        return
    memory = getattr(solver, "mjw_data", None)
    if memory is not None:
        warp.to_torch(memory.qacc_warmstart)[who] = 0.0
