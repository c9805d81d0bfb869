"""Physics options and robot settings for Isaac Lab, as in MuJoCo where possible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaaclab.actuators import ImplicitActuatorCfg
from isaaclab.assets import ArticulationCfg
from isaaclab.sim import SimulationCfg, UsdFileCfg

from configs.schema import RobotConfig
from sim2real.isaaclab.installed import physics_engine
from sim2real.mujoco_model import DECIMATION, PHYSICS_DT

# Rows of Newton's solver cost time whether they are used or not.
CONTACTS, CONSTRAINTS = 120, 400  # of one robot and what it handles, at most
FOOT_CONTACTS, FOOT_CONSTRAINTS = 24, 160  # that walks or falls; 123 rows were seen


def simulation_cfg(
    physics: str | None, device: str, *, robots: int = 0, only_feet: bool = False
) -> SimulationCfg:
    """Return the simulation's settings.

    Args:
        physics: `newton`, `newton-warp`, `physx`, or None for what is installed.
        device: `cpu`, `cuda:0` ...
        robots: how many; one alone, without contact sensors, is moved by MuJoCo's C
            code if `newton` is on a CPU.
        only_feet: whether nothing but feet touches anything, as where legs practise:
            with the cheaper pyramidal cones, as on MuJoCo (`leg_models.py`).
    """
    engine = physics_engine(physics)
    if engine == "physx":
        settings = _physx()
    elif engine == "newton" and device == "cpu" and robots == 1:
        from sim2real.isaaclab.newton_one_robot import one_robot_cfg

        settings = one_robot_cfg()
    else:
        settings = _newton(only_feet)
    return SimulationCfg(
        dt=PHYSICS_DT, device=device, render_interval=DECIMATION, physics=settings
    )


def _newton(only_feet: bool) -> Any:
    from isaaclab_newton.physics import MJWarpSolverCfg, NewtonCfg, NewtonShapeCfg

    solver = MJWarpSolverCfg(
        solver="newton",
        integrator="implicitfast",
        cone="pyramidal" if only_feet else "elliptic",
        impratio=1.0,
        iterations=10,
        ls_iterations=12,
        njmax=FOOT_CONSTRAINTS if only_feet else CONSTRAINTS,
        nconmax=FOOT_CONTACTS if only_feet else CONTACTS,
    )
    return NewtonCfg(
        solver_cfg=solver,
        num_substeps=1,
        default_shape_cfg=NewtonShapeCfg(margin=0.0, gap=0.0),
    )


def _physx() -> Any:
    from isaaclab_physx.physics import PhysxCfg

    return PhysxCfg(
        solver_type=1,  # temporal Gauss-Seidel
        bounce_threshold_velocity=0.2,
        gpu_max_rigid_patch_count=2**20,
    )


def robot_cfg(robot: RobotConfig, usd: Path, prim_path: str) -> ArticulationCfg:
    """Return the articulation with the gains and limits of the robot's YAML.

    Args:
        robot: the robot.
        usd: from `sim2real.usd`.
        prim_path: where to put it.
    """

    def by_joint(values: Any) -> dict[str, float]:
        return dict(zip(robot.joint_names, map(float, values), strict=True))

    return ArticulationCfg(
        prim_path=prim_path,
        spawn=UsdFileCfg(usd_path=str(usd), activate_contact_sensors=True),
        init_state=ArticulationCfg.InitialStateCfg(
            pos=(0.0, 0.0, robot.standing_height),
            joint_pos=by_joint(robot.default_joint_pos),
        ),
        soft_joint_pos_limit_factor=1.0,
        actuators={
            "all": ImplicitActuatorCfg(
                joint_names_expr=[".*"],
                stiffness=by_joint(robot.stiffness),
                damping=by_joint(robot.damping),
                effort_limit_sim=by_joint(robot.effort_limit),
                velocity_limit_sim=by_joint(robot.velocity_limit),
            )
        },
    )
