"""`praxis finetune`: fit a policy to what a robot did, or leave it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from configs.loader import ConfigError, load_robot
from skills.description import ActionLayout, PolicyDescription
from skills.library import CONTROL_DT, policy_path
from skills.observations import Term
from skills.policy import Policy
from skills.policy_contract import PolicyContract
from skills.training.export import export_policy
from skills.training.finetune_data import NEAREST, find_logs, read_lessons
from skills.training.finetune_fit import GAIN, fit, held_out, sequential
from skills.training.finetune_ppo import practise_beside

METHODS = ("supervised", "ppo")
GOLDEN = 16


def finetune(
    skill: str,
    sources: Sequence[Path],
    folder: Path,
    *,
    method: str,
    robot_name: str,
    policy_dir: Path | None,
    seed: int,
    steps: int | None,
    console: Console,
) -> bool:
    """Fit the policy of a skill to logs and write it, if it becomes better.

    Args:
        skill: of the policy.
        sources: logs, or folders of `praxis collect`.
        folder: where the new policy goes.
        method: `supervised` or `ppo`.
        robot_name: whose logs they are.
        policy_dir: where the policies lie, if not where Praxis has its own.
        seed: of minibatches.
        steps: of PPO, all robots together.
        console: for the figures.

    Returns:
        whether a policy was written.

    Raises:
        ConfigError: if the data or the method cannot be used.
        PolicyMismatch: if there is no such policy.
    """
    if method not in METHODS:
        raise ConfigError(f"--method {method}: expected one of {', '.join(METHODS)}.")
    robot = load_robot(robot_name)
    path = policy_path(skill, policy_dir)
    policy = Policy.load(path, robot, control_dt=CONTROL_DT)
    if policy.contract.history.length > 1:
        raise ConfigError(
            f"{path.name} adapts by itself, from its history; fine-tune the policy "
            "that it was made of."
        )
    lessons = read_lessons(find_logs(sources), robot, policy)
    console.print(
        f"{len(lessons.labels)} steps of {int(lessons.episode.max()) + 1} episodes; "
        f"what was sent is {lessons.deviation:.3f} away from the policy's actions",
        highlight=False,
    )
    if lessons.deviation < NEAREST:
        console.print("there is nothing to learn: the robot did as the policy said")
        return False
    network = sequential(path)
    if method == "ppo":
        network, outcome = practise_beside(
            skill, robot, path, lessons, held_out(lessons), folder, steps, console
        )
    else:
        network, outcome = fit(network, lessons, seed)
    console.print(
        f"error on held-out episodes: {outcome.before:.4f} before, "
        f"{outcome.after:.4f} after",
        highlight=False,
    )
    if not outcome.better:
        console.print(
            f"not {GAIN:.0%} better: the old policy stays, nothing was written"
        )
        return False
    target = folder / path.name
    export_policy(
        network,
        description_of(policy.contract),
        robot,
        target,
        config_digest=policy.contract.training_digest,
        golden_observations=lessons.observations[
            np.linspace(0, len(lessons.labels) - 1, GOLDEN).astype(int)
        ],
        notes={
            **policy.contract.notes,
            "finetuned_from": path.name,
            "finetuned_on_steps": len(lessons.labels),
            "finetuned_error": [outcome.before, outcome.after],
        },
    )
    console.print(f"policy: {target}")
    return True


def description_of(contract: PolicyContract) -> PolicyDescription:
    """Return the description that a policy file was written from."""
    action = contract.action
    return PolicyDescription(
        skill=contract.skill,
        observations=tuple(
            Term(name=t.name, size=t.size, scale=t.scale, joints=t.joints)
            for t in contract.observations
        ),
        action=ActionLayout(
            kind=action.kind,
            joints=action.joints,
            scale=action.scale,
            clip=action.clip,
        ),
        sensed_joints=contract.sensed.names,
        control_dt=contract.control_dt,
    )
