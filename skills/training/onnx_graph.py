"""Build the ONNX graph of an actor node by node, the same on every version of torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

# Old enough for every onnxruntime that we allow (1.20 reads up to IR 10, opset 21).
OPSET, IR_VERSION = 17, 8

Array32 = NDArray[np.float32]


class ExportError(ValueError):
    """An actor that cannot become a policy file; one line for a person."""


def layers_of(
    actor: torch.nn.Module,
) -> tuple[list[torch.nn.Module], torch.nn.Module | None]:
    """Return the layers of an actor in order, and what normalises its observation.

    Raises:
        ExportError: if the actor is not a sequence of layers.
    """
    sequence = getattr(actor, "mlp", actor)
    if not isinstance(sequence, torch.nn.Sequential):
        raise ExportError(
            f"cannot export a {type(sequence).__name__}, expected an nn.Sequential or "
            "a module that has one as `mlp`"
        )
    normalizer = getattr(actor, "obs_normalizer", None)
    if isinstance(normalizer, torch.nn.Identity):
        normalizer = None
    # Not `children()`, which names an activation that is used twice only once.
    return list(sequence), normalizer


def linear_sizes(layers: Sequence[torch.nn.Module]) -> tuple[int, int]:
    """Return how many observations go in and how many actions come out.

    Raises:
        ExportError: if there is no linear layer.
    """
    linear = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
    if not linear:
        raise ExportError("the actor has no linear layer, expected at least one")
    return linear[0].in_features, linear[-1].out_features


def forward(
    layers: Sequence[torch.nn.Module],
    normalizer: torch.nn.Module | None,
    observations: Array32,
) -> Array32:
    """Return the actions (count, m) for observations (count, k), as torch has them."""
    device = next(p for layer in layers for p in layer.parameters()).device
    with torch.no_grad():
        values = torch.tensor(observations, device=device)
        for layer in [normalizer, *layers] if normalizer is not None else layers:
            values = layer(values)
        result: Array32 = values.cpu().numpy()
    return result


def build_model(
    layers: Sequence[torch.nn.Module],
    normalizer: torch.nn.Module | None,
    sizes: tuple[int, int],
) -> onnx.ModelProto:
    """Return the graph from `obs` (1, k) to `actions` (1, m).

    Raises:
        ExportError: for a layer that has no node here.
    """
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []
    value = "obs"

    def constant(name: str, tensor: torch.Tensor) -> str:
        array = tensor.detach().cpu().numpy().astype(np.float32)
        constants.append(numpy_helper.from_array(array, name))
        return name

    def node(kind: str, *others: str, **attributes: Any) -> None:
        nonlocal value
        result = f"{kind.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(kind, [value, *others], [result], **attributes))
        value = result

    if normalizer is not None:  # (obs - mean) / (std + eps), rsl_rl's own formula
        statistics: Any = normalizer
        node("Sub", constant("obs_mean", statistics.mean))
        node("Div", constant("obs_std", statistics.std + statistics.eps))
    for i, layer in enumerate(layers):
        if isinstance(layer, torch.nn.Linear):
            weights = [constant(f"weight_{i}", layer.weight)]
            if layer.bias is not None:
                weights.append(constant(f"bias_{i}", layer.bias))
            node("Gemm", *weights, transB=1)
        elif isinstance(layer, torch.nn.ELU):
            node("Elu", alpha=float(layer.alpha))
        elif isinstance(layer, torch.nn.ReLU):
            node("Relu")
        elif isinstance(layer, torch.nn.Tanh):
            node("Tanh")
        else:
            raise ExportError(
                f"layer {i} is a {type(layer).__name__}; known: Linear, ELU, ReLU, Tanh"
            )
    nodes[-1].output[0] = "actions"
    graph = helper.make_graph(
        nodes,
        "policy",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, [1, sizes[0]])],
        [helper.make_tensor_value_info("actions", TensorProto.FLOAT, [1, sizes[1]])],
        constants,
    )
    model = helper.make_model(
        graph,
        producer_name="praxis",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model)
    return model
