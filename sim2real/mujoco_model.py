"""Build MuJoCo models: the one place for physics options and PD actuators."""

from __future__ import annotations

import mujoco

from configs.schema import RobotConfig

PHYSICS_DT = 0.005  # [s]
CONTROL_DT = 0.02  # [s]
DECIMATION = 4

ENVIRONMENT_BIT, OBJECT_BIT, TRUNK_BIT = 1, 2, 4
"""Bits of contype and conaffinity: surroundings, loose objects, trunk and thighs."""


def robot_spec(robot: RobotConfig) -> mujoco.MjSpec:
    """Return the robot on its free joint, with PD actuators and our physics options.

    Actuators are named after their joints, in robot order, so that `ctrl` is the
    vector of joint position targets [rad]. Stiffness and damping act at the physics
    rate and effort is clipped to the robot's limits.
    """
    spec = mujoco.MjSpec.from_file(str(robot.mjcf))
    set_physics_options(spec)
    for joint in robot.joints:
        add_pd_actuator(spec, joint.name, joint.stiffness, joint.damping, joint.effort)
    return spec


def set_physics_options(spec: mujoco.MjSpec) -> None:
    """Set the integrator and solver that trainer and run time share."""
    option = spec.option
    option.timestep = PHYSICS_DT
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.iterations = 6
    option.ls_iterations = 12
    option.noslip_iterations = 3
    # Pyramidal cones let a held cup creep out of the hand.
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.jacobian = mujoco.mjtJacobian.mjJAC_SPARSE
    # One robot is one island: looking for islands costs a third of the step.
    option.disableflags |= mujoco.mjtDisableBit.mjDSBL_ISLAND


def add_pd_actuator(
    spec: mujoco.MjSpec, joint: str, stiffness: float, damping: float, effort: float
) -> None:
    """Add effort = clip(stiffness * (ctrl - pos) - damping * vel) on one joint."""
    actuator = spec.add_actuator()
    actuator.name = joint
    actuator.target = joint
    actuator.trntype = mujoco.mjtTrn.mjTRN_JOINT
    actuator.gaintype = mujoco.mjtGain.mjGAIN_FIXED
    actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    actuator.gainprm[0] = stiffness
    actuator.biasprm[1] = -stiffness
    actuator.biasprm[2] = -damping
    actuator.forcelimited = True
    actuator.forcerange = [-effort, effort]
