"""Decide what a G1 is told now: the ritual's command, the skills', a stand, or damping.

The robot takes 500 messages a second, skills give 50 commands: the newest one is
repeated. When they stop coming the robot stands by itself, as docs/ros2.md asks of
every robot. When its own state is not known it is damped: nothing can stand blindly
from a state that it never saw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from configs.schema import RobotConfig
from sim2real.command_watchdog import CommandWatchdog
from sim2real.hazards import Reaction
from sim2real.robot import JointCommand, RobotState
from sim2real.ros2.authority import ITSELF
from sim2real.unitree.bridge import G1Bridge, Orders
from sim2real.unitree.hardware import Hardware
from sim2real.unitree.joints import BODY_JOINTS, SIDES
from sim2real.unitree.messages import HandState, LowState, is_whole, pack_low_state
from sim2real.unitree.remote import Remote, read_remote
from sim2real.unitree.ritual_steps import SKILLS, UNTOUCHED, Advice, Seen, Step
from sim2real.unitree.start_ritual import StartRitual

WATCH_S = 0.02  # between two looks of the watchdog, where no command comes [s]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one message of the body."""

    state: RobotState | None  # None: a hand is missing, or the message is of no use
    orders: Orders | None  # None: send nothing
    advice: Advice


class Relay:
    """Holds the newest message of each part, and answers each of the body's.

    Attributes:
        damaged: messages of the body whose CRC was wrong.
        odd: messages of the body or the hands with what is no number.
        ignored: commands that came before the skills' step.
        remote: what the remote control says.
    """

    def __init__(
        self,
        robot: RobotConfig,
        bridge: G1Bridge | None = None,
        ritual: StartRitual | None = None,
    ) -> None:
        """Take the robot; nothing is sent before the ritual says so."""
        self.ritual = ritual or StartRitual(robot)
        self.damaged = self.odd = self.ignored = 0
        self.remote = Remote()
        self._robot = robot
        self._bridge = bridge or G1Bridge(robot)
        self._gate = CommandWatchdog(robot, WATCH_S)
        self._looked = -np.inf  # of the watchdog [s]
        self._passed: JointCommand | None = None  # what it let through then
        self._hands: dict[str, HandState] = {}
        self._body: LowState | None = None
        self._state: RobotState | None = None
        self._hardware: Hardware | None = None
        self._service: str | None = None
        self._confirmed: Step | None = None
        self._abort = self._stop_tried = False

    def hand(self, side: str, state: HandState) -> None:
        """Take a message of a hand."""
        self._hands[side] = state

    def command(self, time: float, command: JointCommand, source: str) -> bool:
        """Take a command of the skills; return False if it is not obeyed.

        Args:
            time: at which it came [s].
            command: for the motors.
            source: the commander's name.
        """
        if self.ritual.step not in SKILLS:
            self.ignored += 1
            return False
        obeyed = self._gate.obey(command, source, time)
        if obeyed:
            self._looked = -np.inf  # it goes out with the next message of the body
        return obeyed

    def motion_service(self, name: str | None) -> None:
        """Take what the vendor's motion switcher says drives the robot."""
        self._service = name

    def confirm(self, step: Step) -> None:
        """Take the operator's yes to a step."""
        self._confirmed = step

    def abort(self) -> None:
        """Take the operator's stop."""
        self._abort = True

    @property
    def commander(self) -> str:
        """Who has the joints; empty: nobody that we know."""
        step = self.ritual.step
        if step in UNTOUCHED:
            return ""
        if step not in SKILLS or self._gate.reaction is not Reaction.OK:
            return ITSELF
        return self._gate.owner or ""

    @property
    def stop_pressed(self) -> bool | None:
        """Whether the emergency stop is pressed; None until the remote was tried."""
        if self.ritual.step is Step.ABORTED:
            return True
        if not self._stop_tried or self.ritual.step in UNTOUCHED:
            return None
        return self.remote.stops

    def body(self, time: float, body: LowState, crc: int | None = None) -> Answer:
        """Take a message of the body, and return what to send for it.

        Args:
            time: robot time [s].
            body: the message.
            crc: that it came with; None where the transport has checked it.
        """
        whole = crc is None or _has_crc(body, crc)
        state = None
        if not whole:
            self.damaged += 1
        else:
            self._body = body
            self.remote = read_remote(body.wireless_remote)
            self._stop_tried |= self.remote.stops
            state = self._measured(time, body)
        self._state = state or self._state
        return self._answer(time, state)

    def silence(self, time: float) -> Answer | None:
        """Return what to send when the body says nothing more; None if it never did.

        Call it when no message came for 50 ms: the ritual then ends in damping.
        """
        return None if self._body is None else self._answer(time, None)

    def _answer(self, time: float, state: RobotState | None) -> Answer:
        body = self._body
        gate = self._gate
        seen = Seen(
            time=time,
            state=self._state,
            hardware=self._hardware,
            motion_service=self._service,
            temperature=0.0 if body is None else _warmest(body),
            faults=() if body is None else _faults(body),
            commanding=gate.owner is not None and gate.reaction is Reaction.OK,
            confirmed=self._confirmed,
            abort=self._abort,
            remote_stop=self.remote.stops,
            stop_tried=self._stop_tried,
        )
        advice = self.ritual.advance(seen)
        orders = None if body is None else self._orders(time, body, advice)
        return Answer(state=state, orders=orders, advice=advice)

    def _measured(self, time: float, body: LowState) -> RobotState | None:
        hands = tuple(self._hands[side] for side in SIDES if side in self._hands)
        if self._robot.has_hands and len(hands) < len(SIDES):
            return None
        self._hardware = Hardware.of(body, hands if self._robot.has_hands else ())
        state = self._bridge.state(time, body, self._hands)
        if not all(np.isfinite(values).all() for values in vars(state).values()):
            self.odd += 1
            return None
        return state

    def _orders(self, time: float, body: LowState, advice: Advice) -> Orders | None:
        command = advice.command
        if advice.policies:
            command = self._skills(time) or command
        if command is None:
            return None
        return self._bridge.orders(
            command,
            mode_machine=body.mode_machine,
            release_hands=advice.step is Step.ABORTED,
        )

    def _skills(self, time: float) -> JointCommand | None:
        """Return what the skills, or the stand in their place, want; None at first."""
        if self._gate.owner is None or self._state is None:
            return None
        if time - self._looked >= WATCH_S - 1e-9 or self._passed is None:
            self._looked = time
            self._passed = self._gate.command(self._state, time)
        return self._passed


def _has_crc(body: LowState, crc: int) -> bool:
    packed = pack_low_state(body)
    return is_whole(packed[:-4] + crc.to_bytes(4, "little"))


def _warmest(body: LowState) -> float:
    return float(body.temperature[: len(BODY_JOINTS)].max())


def _faults(body: LowState) -> tuple[str, ...]:
    codes = body.motorstate[: len(BODY_JOINTS)]
    return tuple(BODY_JOINTS[i] for i in np.flatnonzero(codes))
