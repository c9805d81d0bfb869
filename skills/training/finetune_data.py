"""What logs of a real robot teach a policy, and whether they are fit to be learnt from.

On the robot an adapter changes gains and targets (docs/adaptation.md). The target
that would have asked for the same torque at the gains of the policy file is what the
policy should have answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.robot_log import RobotLog, read_robot_log
from skills.mirror import flips
from skills.policy import Policy

Array32 = NDArray[np.float32]

FEWEST_EPISODES = 3  # that succeeded
FEWEST_STEPS = 1000  # of the policy, together
SETTLE_S = 0.4  # after a start, while joints pass from one skill to the next
GAP_S = 0.1  # without a step, after which a policy has started again
LONGEST_AGE_S = 0.005  # between a step and the state and command that go with it
BEYOND_CLIP = 0.05  # share of labels that may lie outside what actions can say
REPEATS = 0.3  # share of observations that may equal the one before
FARTHEST = 1.0  # of labels from the policy's actions, root of the mean square
NEAREST = 0.005  # nearer than that there is nothing to learn
SAME_POLICY = 0.02  # between a logged action and the policy's own


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Observations and the actions that would have been right."""

    observations: Array32  # (T, size)
    actions: Array32  # what the policy answered, (T, k)
    labels: Array32  # what it should have answered, (T, k)
    episode: NDArray[np.intp]  # which episode each step is of, (T,)

    @property
    def deviation(self) -> float:
        """How far the labels are from the actions, root of the mean square."""
        return float(np.sqrt(np.mean((self.labels - self.actions) ** 2)))


def find_logs(sources: Sequence[Path]) -> list[Path]:
    """Return the logs in files and folders; of a collection those that succeeded.

    Raises:
        ConfigError: for a source that is not there or holds nothing.
    """
    logs: list[Path] = []
    for source in sources:
        if source.is_file():
            logs.append(source)
            continue
        index = source / "collection.json"
        if not index.is_file():
            raise ConfigError(
                f"--log {source}: neither a log nor a folder of `praxis collect`."
            )
        entries = json.loads(index.read_text(encoding="utf-8"))["episodes"]
        logs += [source / entry["log"] for entry in entries if entry["success"]]
    if len(logs) < FEWEST_EPISODES:
        raise ConfigError(
            f"{len(logs)} successful episodes in {', '.join(map(str, sources))}, at "
            f"least {FEWEST_EPISODES} are needed. Collect more: praxis collect."
        )
    return logs


def read_lessons(logs: Sequence[Path], robot: RobotConfig, policy: Policy) -> Lessons:
    """Read what a policy did in some logs, and check it.

    Args:
        logs: of successful episodes.
        robot: whose logs they have to be.
        policy: that is to learn.

    Raises:
        ConfigError: if a log is bad or of another robot, or the data teaches nothing.
    """
    parts = [_of_log(read_robot_log(path, robot), robot, policy) for path in logs]
    sizes = [len(part[0]) for part in parts]
    lessons = Lessons(
        observations=_joined(part[0] for part in parts),
        actions=_joined(part[1] for part in parts),
        labels=_joined(part[2] for part in parts),
        episode=np.repeat(np.arange(len(parts)), sizes),
    )
    check_lessons(lessons, policy)
    return lessons


def _joined(arrays: Iterable[Array32]) -> Array32:
    return np.concatenate(list(arrays)).astype(np.float32)


def _of_log(
    log: RobotLog, robot: RobotConfig, policy: Policy
) -> tuple[Array32, Array32, Array32]:
    contract = policy.contract
    size, k = contract.observation_size, len(contract.action.joints)
    seen, acted, right = [], [], []
    started, last = -np.inf, -np.inf
    names = (contract.skill, f"{contract.skill}.right", f"{contract.skill}.left")
    # A step and what was sent have the stamp of the same state.
    for step in log.need("commands", "velocity").policy_steps:
        if step.policy not in names:
            continue
        if step.observation.shape != (size,) or step.action.shape != (k,):
            raise ConfigError(
                f"{log.path}: {step.policy} saw {step.observation.size} numbers and "
                f"gave {step.action.size}, this policy takes {size} and gives {k}. "
                "Use the policy that made the log."
            )
        if step.time - last > GAP_S:
            started = step.time
        last = step.time
        row = int(np.searchsorted(log.time, step.time - LONGEST_AGE_S))
        sent = int(np.searchsorted(log.command_time, step.time - LONGEST_AGE_S))
        if row >= len(log.time) or sent >= len(log.command_time):
            continue
        late = log.command_time[sent] - step.time
        if step.time - started < SETTLE_S or abs(late) > LONGEST_AGE_S:
            continue
        seen.append(step.observation)
        acted.append(step.action)
        if contract.action.kind == "increment":
            right.append(step.action)
            continue
        left = step.policy.endswith(".left")
        right.append(_label(log, row, sent, robot, policy, step.joints, left))
    return (
        np.array(seen, np.float32).reshape(-1, size),
        np.array(acted, np.float32).reshape(-1, k),
        np.array(right, np.float32).reshape(-1, k),
    )


def _label(
    log: RobotLog,
    row: int,
    sent: int,
    robot: RobotConfig,
    policy: Policy,
    joints: Sequence[str],
    mirrored: bool,
) -> Array32:
    """Return the action whose target asks for the torque that was asked for."""
    index = [robot.joint_names.index(name) for name in joints]
    position, velocity = log.joint_pos[row, index], log.joint_vel[row, index]
    torque = log.command_stiffness[sent, index] * (
        log.command_pos[sent, index] - position
    )
    torque -= log.command_damping[sent, index] * velocity
    target = position + (torque + policy.damping * velocity) / policy.stiffness
    action = policy.contract.action
    sign = [-1.0 if mirrored and flips(name) else 1.0 for name in action.joints]
    away = target * np.array(sign) - np.array(action.default_joint_pos)
    label: Array32 = (away / np.array(action.scale)).astype(np.float32)
    return label


def check_lessons(lessons: Lessons, policy: Policy) -> None:
    """Refuse data that is too little, broken, or of something else.

    Raises:
        ConfigError: saying what is wrong with it.
    """
    count = len(lessons.observations)
    if count < FEWEST_STEPS:
        raise ConfigError(
            f"{count} steps of {policy.contract.skill} in these logs, at least "
            f"{FEWEST_STEPS} are needed. Collect more: praxis collect."
        )
    arrays = (lessons.observations, lessons.actions, lessons.labels)
    if not all(np.isfinite(array).all() for array in arrays):
        raise ConfigError(
            "the logs hold numbers that are not finite; leave these episodes out."
        )
    same = (np.diff(lessons.observations, axis=0) == 0.0).all(1)
    if same.mean() > REPEATS:
        raise ConfigError(
            f"{same.mean():.0%} of the observations equal the one before: a sensor or "
            "the log stood still. Leave these episodes out."
        )
    _check_columns(lessons, policy)
    clip = policy.contract.action.clip
    beyond = float((np.abs(lessons.labels) > clip).mean())
    if beyond > BEYOND_CLIP:
        raise ConfigError(
            f"{beyond:.0%} of what was sent lies beyond what the policy's actions can "
            f"say (+-{clip:g}); such a robot needs identification, not fine-tuning."
        )
    _check_actions(lessons, policy)


def _check_columns(lessons: Lessons, policy: Policy) -> None:
    """Refuse a joint whose position or velocity never changes."""
    at = 0
    for term in policy.contract.observations:
        if term.name in ("joint_pos_rel", "joint_vel"):
            part = lessons.observations[:, at : at + term.size]
            frozen = np.ptp(part, axis=0) == 0.0
            if frozen.any():
                joint = term.joints[int(np.argmax(frozen))]
                raise ConfigError(
                    f"{term.name} of {joint} never changes in these logs: its sensor "
                    "stood still. Mend it and collect anew."
                )
        at += term.size


def _check_actions(lessons: Lessons, policy: Policy) -> None:
    deviation = lessons.deviation
    if deviation > FARTHEST:
        raise ConfigError(
            f"what was sent is {deviation:.2f} away from the policy's actions (at most "
            f"{FARTHEST:g}): it was not this policy that drove the robot, or labels "
            "are wrong. Use logs of this policy."
        )
    if policy.contract.action.kind == "increment":
        return
    few = np.linspace(0, len(lessons.actions) - 1, 200).astype(int)
    own = np.array([policy.answer(lessons.observations[i]) for i in few])
    apart = float(np.sqrt(np.mean((own - lessons.actions[few]) ** 2)))
    if apart > SAME_POLICY:
        raise ConfigError(
            f"the logged actions are {apart:.3f} away from what this policy answers to "
            f"the logged observations (at most {SAME_POLICY:g}): the logs are of "
            "another policy, or observations and actions do not belong together."
        )
