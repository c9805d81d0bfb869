"""The ONNX graph of a policy that adapts: history in, actions out."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from skills.training.adaptive_networks import StudentNetwork, TeacherNetwork
from skills.training.onnx_graph import IR_VERSION, OPSET


def adaptive_model(teacher: TeacherNetwork, student: StudentNetwork) -> onnx.ModelProto:
    """Return the graph from `obs` (1, length * size) to `actions` (1, m)."""
    graph = _Graph()
    length, size = student.shape
    frames = graph.reshape("obs", (length, size))
    frames = graph.elu(graph.linear(frames, student.frame))
    flat = graph.reshape(frames, (1, length * student.frame.out_features))
    hidden = graph.elu(graph.linear(flat, student.hidden))
    latent = graph.node("Tanh", graph.linear(hidden, student.out))
    total = length * size
    ends = [graph.integers([total - size]), graph.integers([total])]
    newest = graph.node("Slice", "obs", *ends, graph.integers([1]))
    value = graph.node("Concat", newest, latent, axis=1)
    for layer in teacher.body.dense():
        if isinstance(layer, nn.Linear):
            value = graph.linear(value, layer)
        else:
            value = graph.elu(value)
    return graph.finished(value, total, teacher.actions)


class _Graph:
    """Nodes and constants, gathered in order."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        result = f"{kind.lower()}_{len(self._nodes)}"
        node = helper.make_node(kind, list(inputs), [result], **attributes)
        self._nodes.append(node)
        return result

    def constant(self, array: np.ndarray[Any, Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, values: list[int]) -> str:
        return self.constant(np.array(values, np.int64))

    def reshape(self, value: str, shape: tuple[int, int]) -> str:
        return self.node("Reshape", value, self.integers(list(shape)))

    def elu(self, value: str) -> str:
        return self.node("Elu", value, alpha=1.0)

    def linear(self, value: str, layer: nn.Linear) -> str:
        weight, bias = (
            self.constant(_numpy(tensor)) for tensor in (layer.weight, layer.bias)
        )
        return self.node("Gemm", value, weight, bias, transB=1)

    def finished(self, value: str, inputs: int, outputs: int) -> onnx.ModelProto:
        assert self._nodes[-1].output[0] == value
        self._nodes[-1].output[0] = "actions"
        graph = helper.make_graph(
            self._nodes,
            "policy",
            [helper.make_tensor_value_info("obs", TensorProto.FLOAT, [1, inputs])],
            [helper.make_tensor_value_info("actions", TensorProto.FLOAT, [1, outputs])],
            self._constants,
        )
        model = helper.make_model(
            graph,
            producer_name="praxis",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model)
        return model


def _numpy(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    return tensor.detach().cpu().numpy().astype(np.float32)
