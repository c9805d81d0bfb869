"""When Newton's MuJoCo solver may stop, where there is kinematic furniture."""

from __future__ import annotations

from typing import Any

# Furniture that is moved by hand has an inertia of 1e10, the robot one of about 5. The
# solver measures its progress against the mean of all. With its own 1e-6 it would stop
# at its first guess, and cups would sink into tables and fingers.
TOLERANCE = 1e-17


def heed_light_things(asset: Any) -> None:
    """Let the solver go on until contacts of light things are solved too.

    Its settings do not allow so small a number, the built model does.

    Args:
        asset: any of Isaac Lab's after the simulation was reset, to know the engine by.
    """
    if not type(asset).__module__.startswith("isaaclab_newton"):
        return
    from isaaclab_newton.physics import NewtonManager

    solver = NewtonManager._solver
    if getattr(solver, "use_mujoco_cpu", False):  # one world, stepped by MuJoCo itself
        solver.mj_model.opt.tolerance = TOLERANCE
    elif hasattr(solver, "mjw_model"):
        solver.mjw_model.opt.tolerance.fill_(TOLERANCE)
