"""Squats, shifts of weight and steps on the ground, kept up by the trained skills."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.identification.excitation import check_size
from sim2real.identification.phases import Phase
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand, RobotState
from skills.balance import Balance
from skills.contract import Goal, JointTargets, Snapshot
from skills.handover import Handover
from skills.library import CONTROL_DT, make_skills, policy_path
from skills.policy import Policy
from skills.walk import velocity_targets

Array = NDArray[np.float64]
Kind = Literal["stand", "squats", "shifts", "steps"]

SQUAT = {"hip_pitch_joint": -1.0, "knee_joint": 2.0, "ankle_pitch_joint": -1.0}
"""Shares of an angle that lower the pelvis and keep it above level feet."""
SQUAT_ANGLE = 0.3  # of hips and ankles, twice that of the knees [rad]
SHIFT = {"hip_roll_joint": 1.0, "ankle_roll_joint": -1.0}
"""Shares of an angle that move the level pelvis sideways over level feet."""
SHIFT_ANGLE = 0.05  # [rad]
SWAY_S = 4.0  # of one squat, or one shift to either side [s]
STEP_SPEED = 0.3  # [m/s]
STEP_RAMP_S = 1.0  # from standing to this speed [s]
STEP_REST_S = 1.0  # at the end it stands, before another skill takes over [s]
BLEND_S = 0.3  # from one skill to the next [s]
CALM_S = 0.2  # a swing is given up within, when the robot has to step [s]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One thing to do on the ground."""

    kind: Kind
    duration_s: float
    forward: bool = True  # of steps


EXERCISES = (
    Exercise(kind="stand", duration_s=2.0),
    Exercise(kind="squats", duration_s=3 * SWAY_S),
    Exercise(kind="shifts", duration_s=2 * SWAY_S),
    Exercise(kind="steps", duration_s=6.0),
    Exercise(kind="stand", duration_s=1.5),
    Exercise(kind="steps", duration_s=6.0, forward=False),
    Exercise(kind="stand", duration_s=1.5),
)


class GroundMotion:
    """Adds slow swings to what the balance skill does, and lets the walk skill step.

    The balance skill is told joint positions without the swing, so that it does not
    work against it.
    """

    def __init__(self, robot: RobotConfig, size: float = 1.0) -> None:
        """Load the skills.

        Args:
            robot: the robot.
            size: of the swings and the speed, as a share of the largest.

        Raises:
            ConfigError: for a size that is not above 0 and at most 1.
            PolicyMismatch: if a policy is missing or does not fit the robot.
        """
        check_size(size)
        self._robot, self._size = robot, size
        balance = make_skills(robot)["balance"]
        assert isinstance(balance, Balance)
        self._balance = balance
        self._walk = Policy.load(policy_path("walk"), robot, control_dt=CONTROL_DT)
        self._squat = SQUAT_ANGLE * _swing(robot, SQUAT)
        self._shift = SHIFT_ANGLE * _swing(robot, SHIFT)
        self._doing: Exercise | None = None
        self._share = 1.0  # of a swing; none once the robot had to take a step
        self._handover: Handover | None = None
        self._last: JointTargets | None = None

    @property
    def duration(self) -> float:
        """Of the whole [s]."""
        return sum(one.duration_s for one in EXERCISES)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What to write into the log."""
        legs = self._robot.joints_of("legs")
        placed, time = [], 0.0
        for one in EXERCISES:
            begun, time = time, time + one.duration_s
            if one.kind != "stand":
                placed.append(
                    Phase(
                        name=one.kind if one.forward else f"{one.kind} back",
                        joints=legs,
                        start_s=begun,
                        end_s=time,
                        held_out=True,
                        on="ground",
                    )
                )
        return tuple(placed)

    def begin(self, state: RobotState) -> GroundMotion:
        """Start the skills."""
        self._doing = self._handover = self._last = None
        return self

    def command(self, time: float, state: RobotState) -> JointCommand:
        """Return the command at a time since the start [s]."""
        doing, since = _at(time)
        if doing is not self._doing:
            self._change_to(doing, state)
        if doing.kind == "steps":
            targets = self._steps(doing, since, state)
        else:
            if self._balance.stepping:
                self._share = max(self._share - CONTROL_DT / CALM_S, 0.0)
            offset = self._share * self._offset(doing, since)
            targets = self._stands(offset, state)
        if self._handover is not None:
            targets = self._handover.blend(targets, state.time)
        self._last = targets
        robot = self._robot
        joints = JointMap(targets.names, robot.joint_names)
        return JointCommand(
            joint_pos=joints.put(targets.joint_pos, robot.default_joint_pos),
            stiffness=joints.put(targets.stiffness, robot.stiffness),
            damping=joints.put(targets.damping, robot.damping),
        )

    def _change_to(self, exercise: Exercise, state: RobotState) -> None:
        before, self._doing = self._doing, exercise
        self._share = 1.0
        stepped = before is not None and before.kind == "steps"
        if exercise.kind == "steps":
            self._walk.reset(state)
        elif before is None or stepped:
            snapshot = Snapshot(state=state, objects={})
            self._balance.start(Goal(skill=self._balance.name), snapshot)
        if self._last is not None and (exercise.kind == "steps") != stepped:
            self._handover = Handover(
                begin=self._last, start_time=state.time, duration_s=BLEND_S
            )

    def _offset(self, exercise: Exercise, since: float) -> Array:
        """Return by how much the legs leave their stance [rad], (n,)."""
        turn = 2.0 * np.pi * since / SWAY_S
        if exercise.kind == "squats":
            return np.asarray(self._size * (0.5 - 0.5 * np.cos(turn)) * self._squat)
        if exercise.kind == "shifts":
            # It grows from nothing and ends at it, with its speed.
            grown = np.sin(np.pi * since / exercise.duration_s) ** 2
            return np.asarray(self._size * grown * np.sin(turn) * self._shift)
        return np.zeros_like(self._squat)

    def _stands(self, offset: Array, state: RobotState) -> JointTargets:
        seen = replace(state, joint_pos=state.joint_pos - offset)
        targets = self._balance.step(Snapshot(state=seen, objects={}))
        own = JointMap(targets.names, self._robot.joint_names).take(offset)
        return replace(targets, joint_pos=targets.joint_pos + own)

    def _steps(
        self, exercise: Exercise, since: float, state: RobotState
    ) -> JointTargets:
        ramp = min(since, exercise.duration_s - STEP_REST_S - since) / STEP_RAMP_S
        speed = self._size * STEP_SPEED * float(np.clip(ramp, 0.0, 1.0))
        command = (speed if exercise.forward else -speed, 0.0, 0.0)
        snapshot = Snapshot(state=state, objects={})
        return velocity_targets(self._walk, snapshot, command, since)


def _at(time: float) -> tuple[Exercise, float]:
    """Return what is done at a time, and for how long it has been [s]."""
    for one in EXERCISES:
        if time < one.duration_s:
            return one, time
        time -= one.duration_s
    return EXERCISES[-1], EXERCISES[-1].duration_s


def _swing(robot: RobotConfig, shares: dict[str, float]) -> Array:
    """Return shares of an angle for the joints of both legs, (n,)."""
    swing = np.zeros(len(robot.joint_names))
    for index, name in enumerate(robot.joint_names):
        side, _, part = name.partition("_")
        if side in ("left", "right") and part in shares:
            swing[index] = shares[part]
    return swing
