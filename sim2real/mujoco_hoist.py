"""Hold a simulated robot in the air by its base, as on a stand."""

from __future__ import annotations

import mujoco

from configs.schema import RobotConfig

HOLD = 1e5
"""What is added to the inertia of the base [kg], [kg m^2].

A limb then moves the base by a hundred-thousandth of what it does itself. Much more
would make the constraint solver give up at once (it compares costs that this number
dwarfs), and joints on the stand would have no dry friction to speak of.
"""
DRAG = 1e8
"""What is added to the damping of the base [N s/m], [N m s/rad].

The weight of a robot then moves it by 3.5 micrometres in a second.
"""


def hoist(model: mujoco.MjModel, robot: RobotConfig) -> None:
    """Hold the base of a compiled robot where it is, and take its floor away."""
    joint = model.body(robot.base_body).jntadr[0]
    dof = int(model.jnt_dofadr[joint])
    model.dof_armature[dof : dof + 6] = HOLD
    model.dof_damping[dof : dof + 6] = DRAG
    ground = model.geom_bodyid == 0  # the floor and its bumps
    model.geom_contype[ground] = 0
    model.geom_conaffinity[ground] = 0
