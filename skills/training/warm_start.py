"""Seed an actor with the weights of a policy file, term by term."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from rsl_rl.models import MLPModel
from torch import nn

from configs.loader import ConfigError
from skills.description import PolicyDescription
from skills.observations import Term
from skills.policy_contract import METADATA_KEY, read_contract
from skills.training.symmetric import SymmetricMLP

Array32 = NDArray[np.float32]


def warm_start(actor: MLPModel, description: PolicyDescription, path: Path) -> None:
    """Give `actor.mlp` the weights of `path`; inputs new to it count nothing.

    Args:
        actor: with `mlp`, a `SymmetricMLP` or an `nn.Sequential`.
        description: of the policy to be trained.
        path: a policy file with the same hidden layers and the same actions.

    Raises:
        ConfigError: if the two do not fit.
    """
    model = onnx.load(str(path))
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    contract = read_contract(metadata.get(METADATA_KEY, ""), path.name)
    if contract.action.joints != description.action.joints:
        raise ConfigError(
            f"{path.name} moves other joints than {description.skill}; warm_start "
            "needs a policy with the same actions."
        )
    columns = _columns(contract.terms, description.observations)
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    weights = [values[n.input[1]] for n in model.graph.node if n.op_type == "Gemm"]
    biases = [values[n.input[2]] for n in model.graph.node if n.op_type == "Gemm"]
    first = np.zeros((len(weights[0]), description.observation_size), np.float32)
    known = columns >= 0
    first[:, known] = weights[0][:, columns[known]]
    try:
        _fill(actor.mlp, [first, *weights[1:]], biases)
    except RuntimeError:
        sizes = [len(w) for w in weights[:-1]]
        raise ConfigError(
            f"{path.name} has hidden layers {sizes}, the training config others; "
            "give ppo.hidden the same."
        ) from None


def _fill(network: nn.Module, weights: list[Array32], biases: list[Array32]) -> None:
    tensors = [
        (torch.tensor(w), torch.tensor(b)) for w, b in zip(weights, biases, strict=True)
    ]
    with torch.no_grad():
        if isinstance(network, SymmetricMLP):
            network.load_dense(tensors)
            return
        linear = [m for m in network.modules() if isinstance(m, nn.Linear)]
        for layer, (weight, bias) in zip(linear, tensors, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def _columns(old: tuple[Term, ...], new: tuple[Term, ...]) -> NDArray[np.intp]:
    """Return for each new input which old one it was, or -1."""
    place = {key: i for i, key in enumerate(_keys(old))}
    return np.array([place.get(key, -1) for key in _keys(new)], dtype=np.intp)


def _keys(terms: tuple[Term, ...]) -> list[tuple[str, str, float]]:
    return [
        (term.name, term.joints[i] if term.joints else str(i), term.scale)
        for term in terms
        for i in range(term.size)
    ]
