"""Observation terms: what a policy sees, computed alike in training and on the robot.

Every term is a function of `Sense` on arrays of any batch shape B; numpy arrays and
torch tensors both work. A policy's observation is the concatenation of its terms,
each multiplied by its scale. `configs/skills/*.yaml` lists the terms of each skill
and the policy file repeats them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from sim2real.rotations import project_gravity
from skills.mirror import Mirror, join, joint_mirror

Array = Any  # numpy array or torch tensor, (*B, k)


@dataclass(frozen=True, kw_only=True)
class Sense:
    """What a robot measures and is told, for any batch shape B.

    Joint quantities are in the order of `joint_names`; a term picks its own joints.
    """

    joint_names: tuple[str, ...]
    joint_pos: Array  # [rad], (*B, n)
    joint_vel: Array  # [rad/s], (*B, n)
    default_joint_pos: Array  # [rad], (n,)
    base_quat_wxyz: Array  # (*B, 4)
    base_ang_vel: Array  # base frame [rad/s], (*B, 3)
    last_action: Array  # raw network output, (*B, m)
    signals: Mapping[str, Array]
    """Inputs that only some skills have, by name: `velocity_command`, `gait_phase`,
    `object_pos_hand` ...; each (*B, k)."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One entry of an observation: a term, its joints if it has any, its scale."""

    name: str
    size: int
    scale: float = 1.0
    joints: tuple[str, ...] = ()
    noise: float = 0.0  # half width of the uniform noise in training, unscaled


def _joint_index(sense: Sense, joints: Sequence[str]) -> list[int]:
    return [sense.joint_names.index(name) for name in joints]


def _pick(sense: Sense, values: Array, joints: Sequence[str]) -> Array:
    if tuple(joints) == sense.joint_names:
        return values
    return values[..., _joint_index(sense, joints)]


def base_ang_vel(sense: Sense, term: Term) -> Array:
    """Gyroscope, base frame [rad/s], 3."""
    return sense.base_ang_vel


def projected_gravity(sense: Sense, term: Term) -> Array:
    """Direction of gravity in the base frame, 3."""
    return project_gravity(sense.base_quat_wxyz)


def joint_pos_rel(sense: Sense, term: Term) -> Array:
    """Joint positions less the default pose [rad], one for each joint of the term."""
    return _pick(sense, sense.joint_pos - sense.default_joint_pos, term.joints)


def joint_vel(sense: Sense, term: Term) -> Array:
    """Joint velocities [rad/s], one for each joint of the term."""
    return _pick(sense, sense.joint_vel, term.joints)


def last_action(sense: Sense, term: Term) -> Array:
    """The network's previous output, one for each action."""
    return sense.last_action


def gait_phase(sense: Sense, term: Term) -> Array:
    """Sine and cosine of the gait clock, zero while standing, 2.

    Signal `gait_phase`: the phase in turns (*B,); signal `moving`: 1 or 0 (*B,).
    """
    phase = sense.signals["gait_phase"]
    moving = sense.signals["moving"]
    xp = array_namespace(phase)
    angle = 2 * xp.pi * phase
    return xp.stack([xp.sin(angle) * moving, xp.cos(angle) * moving], axis=-1)


def signal(sense: Sense, term: Term) -> Array:
    """A signal of the skill, passed through under its own name."""
    return sense.signals[term.name]


TERMS: dict[str, Callable[[Sense, Term], Array]] = {
    "base_ang_vel": base_ang_vel,
    "projected_gravity": projected_gravity,
    "joint_pos_rel": joint_pos_rel,
    "joint_vel": joint_vel,
    "last_action": last_action,
    "gait_phase": gait_phase,
}
"""Terms with a rule of their own; any other name is a signal of the skill."""


def observe(terms: Sequence[Term], sense: Sense) -> Array:
    """Return the observation (*B, sum of sizes), scaled, without noise."""
    parts = [TERMS.get(t.name, signal)(sense, t) * t.scale for t in terms]
    xp = array_namespace(parts[0])
    return xp.concat(parts, axis=-1)


_MIRROR_SIGNS: dict[str, tuple[float, ...]] = {
    "base_ang_vel": (-1, 1, -1),
    "projected_gravity": (1, -1, 1),
    "velocity_command": (1, -1, -1),
}


def observation_mirror(terms: Sequence[Term], actions: Sequence[str]) -> Mirror:
    """Return the left-right mirror of a whole observation.

    Args:
        terms: the observation.
        actions: joint names of the policy's outputs, for `last_action`.

    Raises:
        ValueError: for a term whose mirror image is not known.
    """
    return join([_term_mirror(term, actions) for term in terms])


def _term_mirror(term: Term, actions: Sequence[str]) -> Mirror:
    if term.name in _MIRROR_SIGNS:
        return Mirror.of(range(term.size), _MIRROR_SIGNS[term.name])
    if term.name == "gait_phase":  # the other foot is half a turn ahead
        return Mirror.of(range(2), [-1, -1])
    if term.name == "last_action":
        return joint_mirror(actions)
    if term.joints:
        return joint_mirror(term.joints)
    raise ValueError(f"observation term '{term.name}' has no known mirror image")
