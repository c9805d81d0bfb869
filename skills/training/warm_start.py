"""Seed an actor with the weights of a policy file, term by term."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from rsl_rl.models import MLPModel
from torch import Tensor, nn

from configs.loader import ConfigError
from skills.description import PolicyDescription
from skills.observations import Term
from skills.policy_contract import ActionContract, read_contract
from skills.policy_network import Network
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
        PolicyMismatch: if the file is no policy.
    """
    contract = read_contract(Network(path).metadata(), path.name)
    _check_actions(contract.action, description, path.name)
    weights, biases = _layers_of(path)
    columns = _columns(contract.terms, description.observations)
    first = np.zeros((len(weights[0]), description.observation_size), np.float32)
    known = columns >= 0
    first[:, known] = weights[0][:, columns[known]]
    layers = [
        (torch.tensor(w), torch.tensor(b))
        for w, b in zip([first, *weights[1:]], biases, strict=True)
    ]
    _fill(actor.mlp, layers, path.name)


def warm_start_critic(critic: nn.Module, checkpoint: Path) -> None:
    """Give a critic the weights of another run's; inputs behind those count nothing.

    Updates by a critic that knows nothing yet lose what the actor can already.

    Args:
        critic: of PPO.
        checkpoint: of a run with the same observations, perhaps fewer.

    Raises:
        ConfigError: if the networks do not fit.
    """
    given = torch.load(checkpoint, weights_only=False)["critic_state_dict"]
    own = critic.state_dict()
    fitting = {}
    for name, values in own.items():
        there = given.get(name)
        wider = there is not None and there.ndim == 2 and values.ndim == 2
        if wider and len(there) == len(values) and there.shape[1] < values.shape[1]:
            more = values.shape[1] - there.shape[1]
            there = torch.cat([there, there.new_zeros(len(there), more)], 1)
        if there is None or there.shape != values.shape:
            raise ConfigError(
                f"warm_start: the critic of {checkpoint} has another {name} than this "
                "training; move the checkpoint away from the policy to do without it."
            )
        fitting[name] = there
    critic.load_state_dict(fitting)


def _check_actions(
    given: ActionContract, description: PolicyDescription, source: str
) -> None:
    wanted = description.action
    for quantity, here, there in (
        ("joints", wanted.joints, given.joints),
        ("kind", wanted.kind, given.kind),
        ("scale", wanted.scale, given.scale),
    ):
        if here != there:
            raise ConfigError(
                f"warm_start: the actions of {source} have other {quantity} than those "
                f"of {description.skill}; name a policy with the same actions."
            )


def _layers_of(path: Path) -> tuple[list[Array32], list[Array32]]:
    """Return the weights and biases of a policy file, first layer first."""
    graph = onnx.load(str(path)).graph
    others = {node.op_type for node in graph.node} - {"Gemm", "Elu"}
    if others:
        raise ConfigError(
            f"warm_start: {path.name} also has nodes {', '.join(sorted(others))}; only "
            "linear layers with ELU between them can be taken over."
        )
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    linear = [node.input for node in graph.node if node.op_type == "Gemm"]
    return [values[n[1]] for n in linear], [values[n[2]] for n in linear]


def layers_of_file(path: Path) -> list[tuple[Array32, Array32]]:
    """Return weight and bias of every layer of a policy file, first layer first.

    Raises:
        ConfigError: if it is no plain sequence of layers.
    """
    return list(zip(*_layers_of(path), strict=True))


def _fill(network: nn.Module, layers: list[tuple[Tensor, Tensor]], source: str) -> None:
    dense = network.dense() if isinstance(network, SymmetricMLP) else network
    linear = [m for m in dense.modules() if isinstance(m, nn.Linear)]
    if [m.weight.shape for m in linear] != [weight.shape for weight, _ in layers]:
        raise ConfigError(
            f"warm_start: {source} has hidden layers {_hidden(layers)}, this training "
            f"{[m.out_features for m in linear[:-1]]}; set ppo.hidden to those of the "
            "policy."
        )
    with torch.no_grad():
        if isinstance(network, SymmetricMLP):
            network.load_dense(layers)
            linear = [m for m in network.dense().modules() if isinstance(m, nn.Linear)]
            same = all(
                torch.allclose(m.weight, weight, atol=1e-6)
                and torch.allclose(m.bias, bias, atol=1e-6)
                for m, (weight, bias) in zip(linear, layers, strict=True)
            )
            if not same:
                raise ConfigError(
                    f"warm_start: {source} is not left-right symmetric; set "
                    "ppo.symmetric to false, or name a policy that is."
                )
            return
        for layer, (weight, bias) in zip(linear, layers, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def _hidden(layers: list[tuple[Tensor, Tensor]]) -> list[int]:
    return [len(bias) for _, bias in layers[:-1]]


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
