"""Newton with MuJoCo's own C solver: one robot on a CPU, many times as fast.

Newton's solver for GPUs moves many worlds at once and is slow on a CPU. Newton can hand
its one world to MuJoCo's C code instead; Isaac Lab's manager for that is not complete,
this one is.
"""

from __future__ import annotations

from typing import Any

import mujoco
from isaaclab.utils.configclass import configclass
from isaaclab_newton.physics import MJWarpSolverCfg, NewtonCfg, NewtonShapeCfg
from isaaclab_newton.physics.mjwarp_manager import NewtonMJWarpManager
from isaaclab_newton.physics.newton_manager import NewtonManager
from newton.solvers import SolverMuJoCo

# What is changed after the model is built, of those that Newton tells the GPU's copy of
# the model only. Masses are not: the compiled model relies on their axes.
CHANGING = (
    *("actuator_gainprm", "actuator_biasprm", "actuator_forcerange"),
    *("geom_friction", "geom_solref", "geom_solimp", "jnt_actfrcrange"),
)
SETTINGS = (
    *("solver", "integrator", "cone", "impratio"),
    *("iterations", "ls_iterations"),
)
NOSLIP_ITERATIONS = 3  # as on MuJoCo, so that a held cup does not creep


class OneWorldSolver(SolverMuJoCo):
    """Newton's solver that steps with MuJoCo's C code and hears of every change."""

    def __init__(self, model: Any, **settings: Any) -> None:
        """Take Newton's model of one world; `settings` as of the base class."""
        super().__init__(model, use_mujoco_cpu=True, **settings)
        option = self.mj_model.opt
        option.noslip_iterations = NOSLIP_ITERATIONS
        option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_ISLAND)

    def notify_model_changed(self, flags: int) -> None:
        """Write what changed into the model that is stepped too."""
        super().notify_model_changed(flags)
        mine, theirs = self.mj_model, self.mjw_model
        for name in CHANGING:
            now = getattr(theirs, name).numpy()[0]
            values = getattr(mine, name)
            values[:] = now.reshape(values.shape)


class NewtonOneWorldManager(NewtonMJWarpManager):
    """Isaac Lab's manager of Newton, for one world; there are no contact sensors.

    Isaac Lab knows its engines by the first word of this class's name.
    """

    @classmethod
    def _build_solver(cls, model: Any, solver_cfg: Any) -> None:
        settings = {name: getattr(solver_cfg, name) for name in SETTINGS}
        NewtonManager._solver = OneWorldSolver(model, **settings)
        NewtonManager._use_single_state = True
        NewtonManager._needs_collision_pipeline = False

    @classmethod
    def _initialize_contacts(cls) -> None:
        NewtonManager._contacts = None


@configclass
class OneWorldSolverCfg(MJWarpSolverCfg):
    """Solver settings that choose this manager."""

    class_type: type[NewtonManager] | str = NewtonOneWorldManager


def one_robot_cfg() -> NewtonCfg:
    """Return Newton's settings for one robot on a CPU, as on MuJoCo."""
    return NewtonCfg(
        solver_cfg=OneWorldSolverCfg(
            solver="newton",
            integrator="implicitfast",
            cone="elliptic",
            impratio=1.0,
            iterations=10,
            ls_iterations=12,
        ),
        num_substeps=1,
        default_shape_cfg=NewtonShapeCfg(margin=0.0, gap=0.0),
    )
