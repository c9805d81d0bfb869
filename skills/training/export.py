"""Write a trained actor as a policy file: weights, contract and golden pairs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper

from configs.schema import RobotConfig
from sim2real.joint_map import JointMap
from skills.description import PolicyDescription
from skills.policy import Policy
from skills.policy_contract import (
    FEWEST_GOLDEN_PAIRS,
    FORMAT_VERSION,
    METADATA_KEY,
    encode,
)
from skills.training.onnx_graph import (
    ExportError,
    build_model,
    forward,
    layers_of,
    linear_sizes,
)

__all__ = ["ExportError", "export_policy", "write_policy"]

Array32 = NDArray[np.float32]

_SENSORS = {
    "base_ang_vel": "base_ang_vel",
    "projected_gravity": "base_quat_wxyz",
    "joint_pos_rel": "joint_pos",
    "joint_vel": "joint_vel",
}
"""Which field of RobotState a term reads; other terms read none."""


def export_policy(
    actor: torch.nn.Module,
    description: PolicyDescription,
    robot: RobotConfig,
    path: Path | str,
    *,
    config_digest: str,
    golden_observations: Array32,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write `path`, then load it as the robot will; an older file is then replaced.

    Args:
        actor: layers in sequence, or a module that has them as `mlp` and may have an
            `obs_normalizer` before them, as rsl_rl's MLPModel does.
        description: of the policy.
        robot: the robot of the training; gives the gains of the action joints.
        path: the policy file.
        config_digest: of the training config.
        golden_observations: at least 8 that occur in training, (count, size).
        notes: what the skill wants to know of its training; JSON values.

    Raises:
        ExportError: if the actor has a layer or size that does not fit.
        PolicyMismatch: if the file written does not do what the actor does.
    """
    path = Path(path)
    golden = np.ascontiguousarray(golden_observations, dtype=np.float32)
    expected = (description.observation_size, len(description.action.joints))
    if golden.ndim != 2 or golden.shape[1] != expected[0]:
        raise ExportError(
            f"golden_observations have shape {golden.shape}, expected "
            f"(count, {expected[0]}): give observations of this policy"
        )
    if len(golden) < FEWEST_GOLDEN_PAIRS:
        raise ExportError(
            f"{len(golden)} golden observations, expected {FEWEST_GOLDEN_PAIRS} or "
            "more: collect them over a few steps of training"
        )
    layers, normalizer = layers_of(actor)
    sizes = linear_sizes(layers)
    if sizes != expected:
        raise ExportError(
            f"the actor turns {sizes[0]} observations into {sizes[1]} actions, "
            f"'{description.skill}' describes {expected[0]} and {expected[1]}"
        )
    write_policy(
        build_model(layers, normalizer, expected),
        description,
        robot,
        path,
        config_digest=config_digest,
        golden=(golden, forward(layers, normalizer, golden)),
        notes=notes,
    )


def write_policy(
    model: onnx.ModelProto,
    description: PolicyDescription,
    robot: RobotConfig,
    path: Path,
    *,
    config_digest: str,
    golden: tuple[Array32, Array32],
    notes: Mapping[str, Any] | None = None,
    history: int = 1,
) -> None:
    """Write a graph with its contract, then load it as the robot will.

    Args:
        model: from `obs` (1, k) to `actions` (1, m).
        description: of the policy.
        robot: the robot of the training.
        path: the policy file; an older one is replaced when all is well.
        config_digest: of the training config.
        golden: inputs that occur in training (count, k), and the actions (count, m)
            that the trainer's network makes of them.
        notes: what the skill wants to know of its training; JSON values.
        history: observations in the input.

    Raises:
        PolicyMismatch: if the file written does not do what the actor does.
    """
    seen, acted = golden
    contract = {
        **_describe(description, robot, history),
        "training_digest": config_digest,
        "golden": {
            "count": len(seen),
            "observations": encode(seen),
            "actions": encode(acted),
        },
        "notes": dict(notes or {}),
    }
    # Python writes the shortest text that reads back as the same float.
    text = json.dumps(contract, sort_keys=True, allow_nan=False)
    helper.set_model_props(model, {METADATA_KEY: text})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(model.SerializeToString(deterministic=True))
        Policy.load(partial, robot, control_dt=description.control_dt)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _describe(
    description: PolicyDescription, robot: RobotConfig, history: int
) -> dict[str, Any]:
    action = description.action
    acted = JointMap(action.joints, robot.joint_names)
    sensed = JointMap(description.sensed_joints, robot.joint_names)
    used = {_SENSORS[t.name] for t in description.observations if t.name in _SENSORS}
    return {
        "format_version": FORMAT_VERSION,
        "skill": description.skill,
        "robot": {"name": robot.name, "revision": robot.revision},
        "observations": [
            {
                "name": term.name,
                "size": term.size,
                "scale": term.scale,
                "joints": term.joints,
            }
            for term in description.observations
        ],
        "history": {
            "length": history,
            "order": "oldest_first",
            "start": "repeat_first",
        },
        "sensed": {
            "names": sensed.part,
            "default_joint_pos": sensed.take(robot.default_joint_pos).tolist(),
        },
        "action": {
            "kind": action.kind,
            "joints": acted.part,
            "scale": action.scale,
            "clip": action.clip,
            "default_joint_pos": acted.take(robot.default_joint_pos).tolist(),
            "stiffness": acted.take(robot.stiffness).tolist(),
            "damping": acted.take(robot.damping).tolist(),
        },
        "control_dt": description.control_dt,
        "quaternion_order": "wxyz",
        "sensors": sorted(used),
    }
