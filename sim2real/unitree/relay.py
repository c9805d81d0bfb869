"""Decide what a G1 is told now: the ritual's command, the skills', or damping.

The robot takes 500 messages a second, skills give 50 commands: the newest one is
repeated, until it is too old.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState
from sim2real.unitree.bridge import G1Bridge, Orders
from sim2real.unitree.hardware import Hardware
from sim2real.unitree.joints import BODY_JOINTS, SIDES
from sim2real.unitree.messages import HandState, LowState, is_whole, pack_low_state
from sim2real.unitree.start_ritual import Advice, Seen, StartRitual, Step

COMMAND_LIVES_S = 0.1  # of a command of the skills, without a newer one [s]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one message of the body."""

    state: RobotState | None  # None: a hand is missing, or the message is damaged
    orders: Orders | None  # None: send nothing
    advice: Advice


class Relay:
    """Holds the newest message of each part, and answers each of the body's.

    Attributes:
        damaged: messages of the body whose CRC was wrong.
        late: times that the skills' command was too old, and the robot was damped.
    """

    def __init__(
        self,
        robot: RobotConfig,
        bridge: G1Bridge | None = None,
        ritual: StartRitual | None = None,
    ) -> None:
        """Take the robot; nothing is sent before the ritual says so."""
        self.ritual = ritual or StartRitual(robot)
        self.damaged = 0
        self.late = 0
        self._robot = robot
        self._bridge = bridge or G1Bridge(robot)
        self._hands: dict[str, HandState] = {}
        self._body: LowState | None = None
        self._command: JointCommand | None = None
        self._command_time = 0.0  # [s]
        self._state: RobotState | None = None
        self._hardware: Hardware | None = None
        self._service: str | None = None
        self._confirmed: Step | None = None
        self._abort = False

    def hand(self, side: str, state: HandState) -> None:
        """Take a message of a hand."""
        self._hands[side] = state

    def command(self, time: float, command: JointCommand) -> None:
        """Take a command of the skills."""
        self._command, self._command_time = command, time

    def motion_service(self, name: str | None) -> None:
        """Take what the vendor's motion switcher says drives the robot."""
        self._service = name

    def confirm(self, step: Step) -> None:
        """Take the operator's yes to a step."""
        self._confirmed = step

    def abort(self) -> None:
        """Take the operator's stop."""
        self._abort = True

    def body(self, time: float, body: LowState, crc: int | None = None) -> Answer:
        """Take a message of the body and return what to publish and to send.

        Args:
            time: robot time [s].
            body: the message.
            crc: that it came with; None where the transport has checked it.
        """
        whole = crc is None or _has_crc(body, crc)
        if not whole:
            self.damaged += 1
        state = self._measured(time, body) if whole else None
        self._state = state or self._state
        if whole:
            self._body = body
        return self._answer(time, state)

    def silence(self, time: float) -> Answer | None:
        """Return what to send when the body says nothing more; None if it never did.

        Call it when no message came for 50 ms: the ritual then ends in damping.
        """
        return None if self._body is None else self._answer(time, None)

    def _answer(self, time: float, state: RobotState | None) -> Answer:
        body = self._body
        commanded = self._command is not None
        seen = Seen(
            time=time,
            state=self._state,
            hardware=self._hardware,
            motion_service=self._service,
            temperature=0.0 if body is None else _warmest(body),
            faults=() if body is None else _faults(body),
            commanding=commanded and time - self._command_time <= COMMAND_LIVES_S,
            confirmed=self._confirmed,
            abort=self._abort,
        )
        advice = self.ritual.advance(seen)
        orders = None if body is None else self._orders(time, body, advice)
        return Answer(state=state, orders=orders, advice=advice)

    def _measured(self, time: float, body: LowState) -> RobotState | None:
        hands = tuple(self._hands[side] for side in SIDES if side in self._hands)
        if self._robot.has_hands and len(hands) < len(SIDES):
            return None
        self._hardware = Hardware.of(body, hands if self._robot.has_hands else ())
        return self._bridge.state(time, body, self._hands)

    def _orders(self, time: float, body: LowState, advice: Advice) -> Orders | None:
        command = advice.command
        if advice.policies:
            command = self._fresh(time, command)
        if command is None:
            return None
        return self._bridge.orders(
            command,
            mode_machine=body.mode_machine,
            release_hands=advice.step is Step.ABORTED,
        )

    def _fresh(self, time: float, standing: JointCommand | None) -> JointCommand | None:
        """Return the skills' command; before the first one the robot goes on standing.

        Silence means stop: when they fall silent, the robot is damped.
        """
        command = self._command
        if command is None:
            return standing
        if time - self._command_time <= COMMAND_LIVES_S:
            return command
        self.late += 1
        return JointCommand(
            joint_pos=command.joint_pos,
            stiffness=np.zeros_like(command.stiffness),
            damping=2.0 * self._robot.damping,
        )


def _has_crc(body: LowState, crc: int) -> bool:
    packed = pack_low_state(body)
    return is_whole(packed[:-4] + crc.to_bytes(4, "little"))


def _warmest(body: LowState) -> float:
    return float(body.temperature[: len(BODY_JOINTS)].max())


def _faults(body: LowState) -> tuple[str, ...]:
    codes = body.motorstate[: len(BODY_JOINTS)]
    return tuple(BODY_JOINTS[i] for i in np.flatnonzero(codes))
