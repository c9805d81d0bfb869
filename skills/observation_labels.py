"""Name every single number of an observation, for logs and reports."""

from __future__ import annotations

from collections.abc import Sequence

from skills.mirror import mirror_name
from skills.observations import Term

_AXES = {"base_ang_vel": "xyz", "projected_gravity": "xyz"}
_PARTS = {"velocity_command": ("vx", "vy", "wz"), "gait_phase": ("sin", "cos")}


def number_labels(
    terms: Sequence[Term], actions: Sequence[str], *, mirrored: bool = False
) -> tuple[str, ...]:
    """Return a label such as `joint_pos_rel.left_knee_joint` for each number.

    Args:
        terms: of the observation.
        actions: joints that the policy moves, on the robot.
        mirrored: whether the policy sees the mirror image; its joints then get the
            names of the other side, which are those that were measured.
    """
    labels = []
    for term in terms:
        parts: Sequence[str] = [str(i) for i in range(term.size)]
        if term.joints:
            parts = [mirror_name(j) if mirrored else j for j in term.joints]
        elif term.name == "last_action":
            parts = actions
        elif term.name in _AXES or term.name in _PARTS:
            parts = [*_AXES.get(term.name, ""), *_PARTS.get(term.name, ())]
        labels += [f"{term.name}.{part}" for part in parts]
    return tuple(labels)
