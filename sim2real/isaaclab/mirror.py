"""The world of another engine, shown in a MuJoCo model: for judges, viewers, video.

Nothing is simulated here: positions are copied, and MuJoCo says what touches what.
"""

from __future__ import annotations

from collections.abc import Mapping

import mujoco

from configs.schema import RobotConfig
from sim2real.backends.mujoco_simulation import Simulation
from sim2real.mujoco_model import robot_spec
from sim2real.mujoco_scene import add_scene
from sim2real.robot import ObjectState, RobotState
from sim2real.scenes import Scene


class Mirror:
    """A MuJoCo model of a drawn scene that follows what it is shown."""

    def __init__(self, robot: RobotConfig, scene: Scene) -> None:
        """Compile the model."""
        spec = robot_spec(robot)
        add_scene(spec, scene)
        self._simulation = Simulation(robot, scene, spec.compile())

    @property
    def model(self) -> mujoco.MjModel:
        """The compiled model."""
        return self._simulation.model

    @property
    def data(self) -> mujoco.MjData:
        """What was shown last."""
        return self._simulation.data

    def show(self, state: RobotState, objects: Mapping[str, ObjectState]) -> None:
        """Take over where everything is and how fast the robot moves."""
        for thing in objects.values():
            if thing.movable:
                joint = self.data.joint(thing.name)
                joint.qpos[:3], joint.qpos[3:] = thing.pos_w, thing.quat_wxyz
                joint.qvel[:3], joint.qvel[3:] = thing.lin_vel_w, 0.0
        self._simulation.place(state)
