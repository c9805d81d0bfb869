"""Joint commands as praxis_msgs/JointCommand, written in place and read back."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand
from sim2real.ros2.readings import NANOSECONDS
from sim2real.ros2.refusal import Refusal, Wrong

Array = NDArray[np.float64]

FIELDS = ("position", "velocity", "effort", "stiffness", "damping")


class CommandWriter:
    """One message that is filled again for every command: nothing is allocated."""

    def __init__(self, message: Any, joint_names: Sequence[str]) -> None:
        """Take an empty message and the order of the joints."""
        self.message = message
        message.name = list(joint_names)
        self._views: dict[str, Array] = {}
        for field in FIELDS:
            buffer = array("d", bytes(8 * len(joint_names)))
            setattr(message, field, buffer)
            # The message keeps this very buffer, and we write through to it.
            self._views[field] = np.frombuffer(getattr(message, field), np.float64)

    def write(self, command: JointCommand, stamp_ns: int) -> Any:
        """Return the message with `command`, an answer to the state of `stamp_ns`."""
        self._views["position"][:] = command.joint_pos
        self._views["stiffness"][:] = command.stiffness
        self._views["damping"][:] = command.damping
        stamp = self.message.header.stamp
        stamp.sec, stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
        return self.message


class CommandReader:
    """Reads commands as a robot does: joints that are not named keep their last."""

    def __init__(self, robot: RobotConfig) -> None:
        """Take the robot; joints are held where they start, by its own gains."""
        self._names = robot.joint_names
        self._place = {name: i for i, name in enumerate(robot.joint_names)}
        self._last = JointCommand(
            joint_pos=robot.default_joint_pos,
            stiffness=robot.stiffness,
            damping=robot.damping,
        )

    def read(self, message: Any) -> JointCommand | Refusal:
        """Read a message; what it says about velocity and effort is kept.

        A target velocity v and a feed-forward effort e act like a target that lies
        (damping v + e) / stiffness further on; without stiffness they have no meaning
        here and are refused.
        """
        names = tuple(message.name)
        places = [self._place.get(name, -1) for name in names]
        if -1 in places:
            odd = names[places.index(-1)]
            return Refusal(
                wrong=Wrong.NAMES, text=f"joint_command: this robot has no {odd}"
            )
        if len(set(places)) != len(places):
            return Refusal(
                wrong=Wrong.NAMES, text="joint_command: a joint is named twice"
            )
        values: dict[str, Array] = {}
        for field in FIELDS:
            values[field] = np.asarray(getattr(message, field), dtype=np.float64)
            if values[field].shape != (len(names),):
                return Refusal(
                    wrong=Wrong.LENGTH,
                    text=f"joint_command: {values[field].size} values of {field} for "
                    f"{len(names)} names",
                )
            if not np.isfinite(values[field]).all():
                return Refusal(
                    wrong=Wrong.NUMBER, text=f"joint_command: {field} is not finite"
                )
        stiffness, damping = values["stiffness"], values["damping"]
        if min(stiffness.min(initial=0.0), damping.min(initial=0.0)) < 0.0:
            return Refusal(wrong=Wrong.NUMBER, text="joint_command: a gain is negative")
        target = values["position"].copy()
        push = damping * values["velocity"] + values["effort"]
        pushed = push != 0.0
        if (pushed & (stiffness == 0.0)).any():
            return Refusal(
                wrong=Wrong.NUMBER,
                text="joint_command: velocity or effort for a joint without stiffness",
            )
        target[pushed] += push[pushed] / stiffness[pushed]
        index = np.array(places, dtype=np.intp)
        self._last = JointCommand(
            joint_pos=_put(self._last.joint_pos, index, target),
            stiffness=_put(self._last.stiffness, index, stiffness),
            damping=_put(self._last.damping, index, damping),
        )
        return self._last


def _put(into: Array, index: NDArray[np.intp], values: Array) -> Array:
    out = into.copy()
    out[index] = values
    return out
