"""Whether the robot on the wire is the one that the policies were trained for."""

from __future__ import annotations

from dataclasses import dataclass

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.unitree.joints import HAND_MOTORS
from sim2real.unitree.messages import PITCH_ROLL, HandState, LowState

BODY_OF_MODE = {
    1: "g1_23dof",
    2: "g1_29dof",
    3: "g1_29dof_lock_waist",
    4: "g1_23dof_rev_1_0",
    5: "g1_29dof_rev_1_0",
    6: "g1_29dof_lock_waist_rev_1_0",
    9: "g1_dual_arm",
    10: "g1_23dof_mode_10",
    11: "g1_29dof_mode_11",
    12: "g1_29dof_mode_12",
    13: "g1_29dof_mode_13",
    14: "g1_29dof_mode_14",
    15: "g1_29dof_mode_15",
    16: "g1_29dof_mode_16",
}
"""Body revision by `mode_machine` (unitree_ros, robots/g1_description/README.md)."""

HAND = "dex3_1"
DEX3_SENSORS = 9  # pressure sensors that a Dex3-1 reports; 0 without tactile sensors


class HardwareMismatch(ConfigError):
    """The robot is another one than expected; one line for a person."""


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the messages tell about the robot they come from."""

    mode_machine: int
    mode_pr: int
    hand_motors: tuple[int, ...]  # of each hand that reports: left, right

    @classmethod
    def of(cls, body: LowState, hands: tuple[HandState, ...] = ()) -> Hardware:
        """Read it from one message of each."""
        return cls(
            mode_machine=body.mode_machine,
            mode_pr=body.mode_pr,
            hand_motors=tuple(len(hand.q) for hand in hands),
        )

    @property
    def revision(self) -> str:
        """In the words of the robot's YAML: `g1_29dof_rev_1_0+dex3_1`."""
        unknown = f"unknown (mode_machine {self.mode_machine})"
        body = BODY_OF_MODE.get(self.mode_machine, unknown)
        if not self.hand_motors:
            return body
        two_dex3 = self.hand_motors == (HAND_MOTORS, HAND_MOTORS)
        return f"{body}+{HAND}" if two_dex3 else f"{body}+{self._odd_hands()}"

    def _odd_hands(self) -> str:
        motors = " and ".join(str(count) for count in self.hand_motors)
        return f"hands of {motors} motors"


def check_hardware(hardware: Hardware, robot: RobotConfig) -> None:
    """Refuse a robot that the policies were not trained for.

    Every policy file carries the revision of the robot's YAML, and is refused where
    the two differ; this is the same question to the robot itself.

    Raises:
        HardwareMismatch: naming what was expected and what reports.
    """
    if hardware.revision != robot.revision:
        raise HardwareMismatch(
            f"the robot reports revision {hardware.revision} (mode_machine "
            f"{hardware.mode_machine}), {robot.name} and its policies are for "
            f"{robot.revision}. Use a robot YAML and policies of that revision."
        )
    if hardware.mode_pr != PITCH_ROLL:
        raise HardwareMismatch(
            f"the robot's motors are in mode_pr {hardware.mode_pr} (ankles and waist "
            f"by motor), policies want {PITCH_ROLL} (by pitch and roll). Let the other "
            "program release them, or restart the robot."
        )
