"""What a robot on a stand is told to do so that its parameters show: sweeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.identification.chirps import MOST_SPEED, Limits, chirp, limits_of
from sim2real.identification.phases import Phase
from sim2real.identification.poses import hoisted_pose, most_swing
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]
Motion = Callable[[float], Array]  # seconds since its start -> joint targets, (n,)

MOVE_S = 2.0  # from one middle pose to the next
REST_S = 1.5  # before a phase, so that it begins at rest
UPPER = ("waist", "left_arm", "right_arm")


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Joints that are swept together."""

    name: str
    groups: tuple[str, ...]
    fit_s: float  # how long, for the fit [s]
    judge_s: float  # how long, for judging [s]
    wrists: bool | None = None  # only wrists, all but wrists, or either
    speed: float = MOST_SPEED  # of a target at most [rad/s]

    def joints(self, robot: RobotConfig) -> tuple[str, ...]:
        """Return the joints in robot order."""
        return tuple(
            name
            for name in robot.joints_of(*self.groups)
            if self.wrists is None or ("_wrist_" in name) == self.wrists
        )


SWEEPS = (
    Sweep(name="legs", groups=("legs",), fit_s=12.0, judge_s=6.0),
    # A wrist of 5 N m carries whatever the hand holds: the arm must not shake it.
    Sweep(name="arms", groups=UPPER, fit_s=14.0, judge_s=6.0, wrists=False, speed=0.9),
    Sweep(name="wrists", groups=UPPER, fit_s=6.0, judge_s=4.0, wrists=True),
    Sweep(name="hands", groups=("left_hand", "right_hand"), fit_s=14.0, judge_s=5.0),
)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One phase with the motion that it consists of."""

    phase: Phase
    motion: Motion


@dataclass(frozen=True, kw_only=True)
class Excitation:
    """A whole recording: phases one after the other, with quiet moves between them."""

    stretches: tuple[Stretch, ...]
    stiffness: Array  # [N m/rad], (n,)
    damping: Array  # [N m s/rad], (n,)
    start_pose: Array  # [rad], (n,)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What to write into the log."""
        return tuple(stretch.phase for stretch in self.stretches)

    @property
    def duration(self) -> float:
        """Of the whole [s]."""
        return self.stretches[-1].phase.end_s + REST_S

    def begin(self, state: RobotState) -> Excitation:
        """Return the same, from where the robot is."""
        return replace(self, start_pose=state.joint_pos)

    def command(self, time: float, state: RobotState | None = None) -> JointCommand:
        """Return the command at a time since the start [s], whatever the state."""
        return JointCommand(
            joint_pos=self._targets(time),
            stiffness=self.stiffness,
            damping=self.damping,
        )

    def _targets(self, time: float) -> Array:
        before = self.start_pose
        for stretch in self.stretches:
            phase = stretch.phase
            if time < phase.start_s:
                begin = phase.start_s - REST_S - MOVE_S
                return _glide(before, stretch.motion(0.0), (time - begin) / MOVE_S)
            length = phase.end_s - phase.start_s
            if time <= phase.end_s:
                return stretch.motion(time - phase.start_s)
            before = stretch.motion(length)
        return before


def plan_excitation(
    robot: RobotConfig,
    *,
    seed: int,
    groups: Sequence[str] | None = None,
    size: float = 1.0,
) -> Excitation:
    """Plan the sweeps of a robot whose base is held in the air.

    Args:
        robot: whose limits hold.
        seed: of the phases of the sweeps.
        groups: of `legs`, `arms`, `wrists`, `hands`; all by default.
        size: of the swings, as a share of the largest; for a robot that strains.

    Raises:
        ConfigError: for a group that does not exist or that the robot lacks, or a size
            that is not above 0 and at most 1.
    """
    check_size(size)
    rng = np.random.default_rng(seed)
    return Excitation(
        stretches=tuple(
            _one_after_the_other(_sweeps(robot, rng, _chosen(robot, groups), size))
        ),
        stiffness=robot.stiffness,
        damping=robot.damping,
        start_pose=hoisted_pose(robot),
    )


def check_size(size: float) -> None:
    """Refuse a share of the largest swings that is none.

    Raises:
        ConfigError: if it is not above 0 and at most 1.
    """
    if not 0.0 < size <= 1.0:
        raise ConfigError(
            f"size {size:g} of the swings: expected more than 0 and at most 1."
        )


def _chosen(robot: RobotConfig, groups: Sequence[str] | None) -> list[str]:
    there = [sweep.name for sweep in SWEEPS if sweep.joints(robot)]
    for group in groups or ():
        if group not in there:
            raise ConfigError(
                f"{robot.name} has no group '{group}' to excite. "
                f"Known: {', '.join(there)}."
            )
    return [name for name in there if groups is None or name in groups]


def _sweeps(
    robot: RobotConfig, rng: np.random.Generator, chosen: Sequence[str], size: float
) -> list[Stretch]:
    stretches = []
    for held_out in (False, True):
        for sweep in SWEEPS:
            if sweep.name not in chosen:
                continue
            phase = Phase(
                name=f"{sweep.name} again" if held_out else sweep.name,
                joints=sweep.joints(robot),
                start_s=0.0,
                end_s=sweep.judge_s if held_out else sweep.fit_s,
                held_out=held_out,
            )
            motion = _sweep(robot, phase, sweep.speed, rng, size)
            stretches.append(Stretch(phase=phase, motion=motion))
    return stretches


def _sweep(
    robot: RobotConfig,
    phase: Phase,
    speed: float,
    rng: np.random.Generator,
    size: float,
) -> Motion:
    """Let half of the joints go from slow to fast, the others from fast to slow.

    Neighbours then never move alike, and what one does to the other shows.
    """
    pose = hoisted_pose(robot)
    duration = phase.end_s - phase.start_s
    indices = [robot.joint_names.index(joint) for joint in phase.joints]
    each = [
        (limits_of(robot, joint, float(pose[index])), most_swing(joint))
        for joint, index in zip(phase.joints, indices, strict=True)
    ]
    limits = Limits(
        swing=np.array([np.minimum(one.swing, most) for one, most in each]),
        speed=np.array([np.minimum(one.speed, speed) for one, _ in each]),
        fast_swing=np.array([one.fast_swing for one, _ in each]),
    )
    angles = rng.uniform(0.0, 2.0 * np.pi, len(indices))
    rising = (np.arange(len(indices)) % 2 == 0) != phase.held_out

    def motion(time: float) -> Array:
        targets = pose.copy()
        swing = chirp(time, duration, limits, rising=rising, phase=angles)
        targets[indices] += size * swing
        return targets

    return motion


def _one_after_the_other(stretches: Sequence[Stretch]) -> list[Stretch]:
    placed, time = [], 0.0
    for stretch in stretches:
        time += MOVE_S + REST_S
        length = stretch.phase.end_s
        phase = stretch.phase.model_copy(
            update={"start_s": time, "end_s": time + length}
        )
        placed.append(replace(stretch, phase=phase))
        time += length
    return placed


def _glide(start: Array, end: Array, share: float) -> Array:
    s = float(np.clip(share, 0.0, 1.0))
    return start + (end - start) * (s * s * (3.0 - 2.0 * s))
