"""The skills of a robot, with the policies that ship with Praxis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from configs.schema import RobotConfig
from skills.balance import Balance
from skills.contract import Argument, Skill
from skills.feet import Feet
from skills.grasp import Grasp
from skills.manipulate import Manipulate
from skills.policy import Policy, PolicyMismatch
from skills.predicates import Hands
from skills.stepping import Stepping
from skills.walk import Walk

POLICY_DIR = Path(__file__).parent / "policies"
CONTROL_DT = 0.02  # [s]
ADAPTIVE = "_adaptive"  # behind a skill's name: its policy that adapts by itself
WIDE = "_wide"  # behind it: its policy that was trained on widely differing robots


def make_skills(
    robot: RobotConfig,
    policy_dir: Path | None = None,
    *,
    adaptive: bool = False,
    files: Mapping[str, Path] | None = None,
) -> dict[str, Skill]:
    """Load every policy, check it against the robot, and return the skills by name.

    A robot without hands gets the skills of its legs.

    Args:
        robot: the robot.
        policy_dir: where the policies lie, if not where Praxis has its own.
        adaptive: take `SKILL_adaptive.onnx`, which adapts to the robot from what it
            saw lately, for the legs' skills that have one.
        files: policy files in the place of those in the folder, by skill; an
            adaptive one comes before them.

    Raises:
        PolicyMismatch: if a policy is missing or does not fit the robot.
    """
    folder = policy_dir or POLICY_DIR
    hands = Hands(robot)
    legs = {
        skill: _choice(folder, skill) if adaptive else skill
        for skill in ("walk", "balance")
    }

    def load(policy: str, *, mirrored: bool = False) -> Policy:
        path = (files or {}).get(policy) or policy_path(policy, folder)
        return _load(path, robot, mirrored=mirrored)

    def both_hands(policy: str) -> dict[str, Policy]:
        return {"right": load(policy), "left": load(policy, mirrored=True)}

    walk, balance = load(legs["walk"]), load(legs["balance"])
    # A push is over before an adaptive policy, which begins without a past, has told
    # the robot.
    stepping = load("walk")
    skills: dict[str, Skill] = {
        "walk": Walk(walk, hands),
        "balance": Balance(balance, Stepping(stepping, Feet(robot))),
    }
    if robot.has_hands:
        carriers = both_hands("manipulate")
        skills["walk"] = Walk(walk, hands, carriers=carriers)
        skills["grasp"] = Grasp(both_hands("grasp"), hands)
        placing = both_hands("manipulate")
        skills["manipulate"] = Manipulate(placing, hands)
    return skills


def skill_arguments() -> dict[str, tuple[Argument, ...]]:
    """Return what each skill wants to be told, without loading a policy."""
    kinds = (Walk, Balance, Grasp, Manipulate)
    return {kind.name: kind.arguments for kind in kinds}


def policy_path(skill: str, policy_dir: Path | None = None) -> Path:
    """Return where a skill's policy file lies."""
    return (policy_dir or POLICY_DIR) / f"{skill}.onnx"


def adaptive_skills(policy_dir: Path | None = None) -> tuple[str, ...]:
    """Return the skills of legs that have an adaptive policy in a folder."""
    folder = policy_dir or POLICY_DIR
    return tuple(s for s in ("walk", "balance") if _choice(folder, s) != s)


def _choice(folder: Path, skill: str) -> str:
    adaptive = f"{skill}{ADAPTIVE}"
    return adaptive if policy_path(adaptive, folder).is_file() else skill


def _load(path: Path, robot: RobotConfig, *, mirrored: bool) -> Policy:
    if not path.is_file():
        raise PolicyMismatch(
            f"there is no policy {path.name} in {path.parent}; "
            f"train one: praxis train {path.stem}"
        )
    return Policy.load(path, robot, control_dt=CONTROL_DT, mirrored=mirrored)
