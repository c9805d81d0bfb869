"""Between a G1's messages and ours, joint by joint, by name.

Pure functions of plain data; `ros2_bridge.py` carries them over the wire.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.joint_map import JointMap, JointNameError
from sim2real.robot import JointCommand, RobotState
from sim2real.unitree.joints import (
    BODY_JOINTS,
    HAND_MOTORS,
    MIDDLE_FIRST,
    MOTOR_SLOTS,
    SIDES,
    hand_joints,
)
from sim2real.unitree.messages import (
    HandCmd,
    HandState,
    LowCmd,
    LowState,
    hand_mode,
    no_motors,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Base:
    """Where the pelvis is; the G1's low-level messages do not say."""

    pos_w: Array  # [m], (3,)
    lin_vel_w: Array  # [m/s], (3,)


@dataclass(frozen=True, kw_only=True)
class Orders:
    """All that is sent in one tick."""

    body: LowCmd
    hands: dict[str, HandCmd]  # by side; empty without hands


class G1Bridge:
    """Knows which motor moves which of a robot's joints."""

    def __init__(
        self,
        robot: RobotConfig,
        *,
        left_order: tuple[str, ...] = MIDDLE_FIRST,
        right_order: tuple[str, ...] = MIDDLE_FIRST,
    ) -> None:
        """Match the robot's joints with the motors.

        Args:
            robot: a G1 with 29 joints in its body, with or without Dex3-1 hands.
            left_order: fingers of the left hand's motors.
            right_order: of the right hand's; see `joints.py`.

        Raises:
            ConfigError: if the robot has a joint that no motor moves, or lacks one.
        """
        orders = dict(zip(SIDES, (left_order, right_order), strict=True))
        fingers = {side: hand_joints(side, orders[side]) for side in SIDES}
        self._sides = SIDES if robot.has_hands else ()
        motors = BODY_JOINTS + sum((fingers[side] for side in self._sides), ())
        try:
            self._to_motors = JointMap(motors, robot.joint_names)
            self._to_joints = JointMap(robot.joint_names, motors)
        except JointNameError as error:
            raise ConfigError(
                f"{robot.name} is no G1 with 29 joints in its body: {error}. Use a "
                "robot YAML with these joints, such as g1_dex3."
            ) from None

    def state(
        self,
        time: float,
        body: LowState,
        hands: dict[str, HandState] | None = None,
        base: Base | None = None,
    ) -> RobotState:
        """Return what was measured, in robot order.

        Args:
            time: robot time [s].
            body: the newest message of the body.
            hands: of the hands, by side; needed if the robot has hands.
            base: from odometry; without it the pelvis is at the origin, not moving.

        Raises:
            KeyError: if a hand's message is missing.
        """
        fingers = [(hands or {})[side] for side in self._sides]
        parts: list[LowState | HandState] = [body, *fingers]
        still = Base(pos_w=np.zeros(3), lin_vel_w=np.zeros(3))
        base = base or still
        return RobotState(
            time=time,
            joint_pos=self._joints([part.q for part in parts]),
            joint_vel=self._joints([part.dq for part in parts]),
            joint_effort=self._joints([part.tau_est for part in parts]),
            base_pos_w=base.pos_w,
            base_quat_wxyz=body.quaternion.astype(np.float64),
            base_lin_vel_w=base.lin_vel_w,
            base_ang_vel=body.gyroscope.astype(np.float64),
        )

    def orders(
        self, command: JointCommand, *, mode_machine: int, release_hands: bool = False
    ) -> Orders:
        """Return what to send for a command.

        Args:
            command: in robot order.
            mode_machine: what the robot's own state says; it ignores other orders.
            release_hands: let the hands go by themselves when orders stop coming.
        """
        q, kp, kd = (
            self._to_motors.take(values).astype(np.float32)
            for values in (command.joint_pos, command.stiffness, command.damping)
        )
        n = len(BODY_JOINTS)
        enabled = np.arange(MOTOR_SLOTS) < n
        body = LowCmd(
            mode_machine=mode_machine,
            enabled=enabled,
            q=_slots(q[:n]),
            dq=no_motors(),
            tau=no_motors(),
            kp=_slots(kp[:n]),
            kd=_slots(kd[:n]),
        )
        modes = np.array(
            [hand_mode(i, timeout=release_hands) for i in range(HAND_MOTORS)], np.uint8
        )
        rest = np.zeros(HAND_MOTORS, np.float32)
        hands = {}
        for i, side in enumerate(self._sides):
            own = slice(n + i * HAND_MOTORS, n + (i + 1) * HAND_MOTORS)
            hands[side] = HandCmd(
                mode=modes, q=q[own], dq=rest, tau=rest, kp=kp[own], kd=kd[own]
            )
        return Orders(body=body, hands=hands)

    def _joints(self, motors: list[NDArray[np.float32]]) -> Array:
        values = [motors[0][: len(BODY_JOINTS)], *motors[1:]]
        return self._to_joints.take(np.concatenate(values).astype(np.float64))


def _slots(values: NDArray[np.float32]) -> NDArray[np.float32]:
    slots = no_motors()
    slots[: len(values)] = values
    return slots
