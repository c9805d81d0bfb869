"""Whether two engines show the same robot to the same policies, term by term."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, ObjectState, RobotBackend, RobotState
from skills.grasp import HandRun
from skills.policy import Policy
from skills.predicates import Hands

Array = NDArray[np.float64]

SAME_OBSERVATION = 1e-4  # scaled, as the network sees it
SAME_FALL = 1e-3  # of the base in one control period [m]
SAME_MOTION = 5e-3  # of a joint in one control period [rad]
TOLD = ("velocity_command", "gait_phase", "last_action", "object_size")
"""Terms that an engine has no part in."""

CUP = ObjectState(
    name="cup",
    kind="cup",
    pos_w=np.array([0.4, -0.1, 3.1]),
    quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
    lin_vel_w=np.zeros(3),
    half_size=np.array([0.03, 0.03, 0.055]),
    movable=True,
)
"""What the hands' policies are shown; where it is does not matter."""

HIGH = 3.0  # of the pelvis, so that nothing touches the ground [m]


class Placeable(RobotBackend, Protocol):
    """A simulated robot that can be put into any state."""

    def place(self, state: RobotState) -> RobotState:
        """Put the robot into a state and return what it measures then."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the comparison."""

    what: str
    worst: float  # largest difference found
    allowed: float
    where: str  # the joint or component that differs most

    @property
    def agrees(self) -> bool:
        """Whether the two are the same, within what is allowed."""
        return self.worst <= self.allowed


@dataclass
class _Worst:
    """The largest difference of one thing over many states."""

    names: Sequence[str]
    value: float = 0.0
    where: str = ""

    def see(self, here: Array, there: Array) -> None:
        """Look at one pair, each (k,)."""
        gap = np.abs(np.asarray(here, float) - np.asarray(there, float))
        gap = np.where(np.isfinite(gap), gap, np.inf)
        column = int(np.argmax(gap))
        if gap[column] > self.value or not self.where:
            self.value, self.where = float(gap[column]), self.names[column]


@dataclass
class Comparison:
    """Puts two engines into the same states and collects the differences.

    Args:
        reference: the engine to be trusted.
        other: the engine to be compared with it.
        policies: whose observations are compared, by name.
    """

    reference: Placeable
    other: Placeable
    policies: Mapping[str, Policy]
    found: dict[str, _Worst] = field(default_factory=dict)
    allowed: dict[str, float] = field(default_factory=dict)

    def run(self, states: Sequence[RobotState], seed: int = 0) -> list[Row]:
        """Compare default pose, observations, free fall and motion; return the table.

        Args:
            states: to put both robots into, such as `random_states`.
            seed: of the random targets.
        """
        robot = self.reference.robot
        names = robot.joint_names
        here, there = self.reference.reset(0), self.other.reset(0)
        self._see("default pose", 1e-6, names, here.joint_pos, there.joint_pos)
        for state in states:
            here, there = self.reference.place(state), self.other.place(state)
            for part in ("base_pos_w", "base_quat_wxyz", "base_lin_vel_w"):
                first, second = getattr(here, part), getattr(there, part)
                labels = [str(i) for i in range(len(first))]
                self._see(f"state: {part}", SAME_OBSERVATION, labels, first, second)
            self._see_observations(here, there)
        limp = np.zeros(len(names))
        self._step(
            states,
            JointCommand(
                joint_pos=robot.default_joint_pos, stiffness=limp, damping=limp
            ),
            "free fall",
        )
        rng = np.random.default_rng(seed)
        for state in states:
            reach = 0.1 * rng.uniform(-1, 1, len(names))
            target = np.clip(state.joint_pos + reach, *robot.joint_range.T)
            self._step(
                [state],
                JointCommand(
                    joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
                ),
                "PD motion",
            )
        return [
            Row(what=what, worst=w.value, allowed=self.allowed[what], where=w.where)
            for what, w in self.found.items()
        ]

    def _see_observations(self, here: RobotState, there: RobotState) -> None:
        for name, policy in self.policies.items():
            first, second = self._observed(policy, here), self._observed(policy, there)
            start = 0
            for term in policy.contract.terms:
                part = slice(start, start + term.size)
                start += term.size
                if term.name in TOLD:
                    continue
                labels = term.joints or [str(i) for i in range(term.size)]
                what = f"{name}: {term.name}"
                self._see(what, SAME_OBSERVATION, labels, first[part], second[part])

    def _observed(self, policy: Policy, state: RobotState) -> NDArray[np.float32]:
        policy.reset(state)
        signals: dict[str, Array] = {
            "velocity_command": np.zeros(3),
            "gait_phase": np.zeros(()),
            "moving": np.zeros(()),
        }
        if "object_pos_hand" in policy.contract.signals:
            run = HandRun(
                policy=policy,
                hands=Hands(self.reference.robot),
                side="right",
                name=CUP.name,
                goal_w=CUP.pos_w + np.array([0.0, 0.0, 0.1]),
            )
            signals = run.signals(state, CUP)
        return policy.observe(state, signals)

    def _step(
        self, states: Sequence[RobotState], command: JointCommand, what: str
    ) -> None:
        names = self.reference.robot.joint_names
        for state in states:
            self.reference.place(state)
            self.other.place(state)
            here, there = self.reference.step(command), self.other.step(command)
            base = ("x", "y", "z")
            self._see(
                f"{what}: base", SAME_FALL, base, here.base_pos_w, there.base_pos_w
            )
            allowed = SAME_MOTION
            self._see(
                f"{what}: joints", allowed, names, here.joint_pos, there.joint_pos
            )

    def _see(
        self,
        what: str,
        allowed: float,
        names: Sequence[str],
        here: Array | NDArray[np.float32],
        there: Array | NDArray[np.float32],
    ) -> None:
        self.allowed[what] = allowed
        self.found.setdefault(what, _Worst(names)).see(
            np.asarray(here, float), np.asarray(there, float)
        )


def random_states(
    robot: RobotConfig,
    count: int,
    seed: int,
    fits: Callable[[RobotState], bool] = lambda state: True,
) -> list[RobotState]:
    """Draw states of a robot in the air, joints within the middle of their range.

    Args:
        robot: the robot.
        count: how many.
        seed: of the states.
        fits: whether a state will do, such as one in which nothing touches.
    """
    rng = np.random.default_rng(seed)
    n = len(robot.joint_names)
    low, high = robot.joint_range.T
    middle, span = (low + high) / 2, 0.4 * (high - low)
    # Fingers stay nearly open: they would meet each other within one period.
    fingers = np.array(["_hand_" in name for name in robot.joint_names])
    open_hand = np.clip(robot.default_joint_pos, low + 0.05, high - 0.05)
    middle, span = np.where(fingers, open_hand, middle), np.where(fingers, 0.05, span)
    states: list[RobotState] = []
    while len(states) < count:
        quat = rng.normal(size=4)
        state = RobotState(
            time=0.0,
            joint_pos=middle + span * rng.uniform(-1, 1, n),
            joint_vel=rng.uniform(-1, 1, n),
            joint_effort=np.zeros(n),
            base_pos_w=np.array([0.0, 0.0, HIGH]) + rng.uniform(-0.2, 0.2, 3),
            base_quat_wxyz=quat / np.linalg.norm(quat),
            base_lin_vel_w=rng.uniform(-1, 1, 3),
            base_ang_vel=rng.uniform(-1, 1, 3),
        )
        if fits(state):
            states.append(state)
    return states
