"""Hold a simulated robot in the air by its base, as on a stand."""

from __future__ import annotations

import mujoco

from configs.schema import RobotConfig

HOLD = 1e9
"""What is added to the inertia of the base [kg], [kg m^2].

The weight of a robot moves this much by 3e-7 m/s^2, and no swing of a leg turns it by
a microradian: the base is held, and no constraint of the solver gives way.
"""


def hoist(model: mujoco.MjModel, robot: RobotConfig) -> None:
    """Hold the base of a compiled robot where it is, and take its floor away."""
    joint = model.body(robot.base_body).jntadr[0]
    dof = int(model.jnt_dofadr[joint])
    model.dof_armature[dof : dof + 6] = HOLD
    ground = model.geom_bodyid == 0  # the floor and its bumps
    model.geom_contype[ground] = 0
    model.geom_conaffinity[ground] = 0
