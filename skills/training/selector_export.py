"""Write the learned planner as a policy file: weights, words and golden pairs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import helper

from configs.schema import RobotConfig
from skills.policy_contract import METADATA_KEY, encode
from skills.selector.model import SkillModel
from skills.selector.observation import NAMES
from skills.selector.policy import SelectorPolicy
from skills.selector.words import CHOICES, FACTS, GOALS
from skills.training.onnx_graph import build_model, forward

Array32 = NDArray[np.float32]


def export_selector(
    layers: torch.nn.Sequential,
    model: SkillModel,
    robot: RobotConfig,
    path: Path,
    *,
    algorithm: str,
    config_digest: str,
    golden_observations: Array32,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write `path`, then load it as a run will; an older file is then replaced.

    Args:
        layers: from an observation to a score for each choice.
        model: it was learned in.
        robot: whose skills were measured.
        path: the policy file.
        algorithm: it was learned with.
        config_digest: of the training config.
        golden_observations: at least 8 that occur in training, (count, size).
        notes: about the training; JSON values.

    Raises:
        PolicyMismatch: if the file written does not do what the network does.
    """
    golden = np.ascontiguousarray(golden_observations, dtype=np.float32)
    contract = {
        "format_version": 1,
        "skill": "selector",
        "robot": {"name": robot.name, "revision": robot.revision},
        "observations": NAMES,
        "choices": CHOICES,
        "known": {goal: _known(model, goal) for goal in GOALS},
        "algorithm": algorithm,
        "training_digest": config_digest,
        "golden": {
            "count": len(golden),
            "observations": encode(golden),
            "scores": encode(forward(list(layers), None, golden)),
        },
        "notes": dict(notes or {}),
    }
    graph = build_model(list(layers), None, (len(NAMES), len(CHOICES)))
    text = json.dumps(contract, sort_keys=True, allow_nan=False)
    helper.set_model_props(graph, {METADATA_KEY: text})
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(graph.SerializeToString(deterministic=True))
        SelectorPolicy.load(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _known(model: SkillModel, goal: str) -> list[list[str]]:
    return [[f for f in FACTS if f in facts] for facts in model.known(goal)]
