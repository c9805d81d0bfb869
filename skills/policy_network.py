"""The network inside a policy file, run on one thread by onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from skills.policy_contract import EXPORT_AGAIN, METADATA_KEY, PolicyMismatch

Array32 = NDArray[np.float32]


class Network:
    """An ONNX graph on one thread, with buffers that are used again every tick."""

    def __init__(self, path: Path) -> None:
        """Load the file.

        Raises:
            PolicyMismatch: if it is missing, cut short or no policy.
        """
        self.name = path.name
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PolicyMismatch(
                f"{path}: cannot be read ({error.strerror}). Give the path of a policy "
                "file, or train and export one."
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has a class for each of its reasons
            reason = " ".join(str(error).split())[:120]
            raise PolicyMismatch(
                f"{self.name} is no whole ONNX file of {len(data)} bytes ({reason}). "
                "Copy it again, or export it again."
            ) from None
        self.inputs = _describe(self._session.get_inputs())
        self.outputs = _describe(self._session.get_outputs())
        self.observation_size, self.action_size = self._sizes()
        self._input = np.zeros((1, self.observation_size), np.float32)
        self._output = np.zeros((1, self.action_size), np.float32)
        self._binding = self._session.io_binding()
        for bind, name, buffer in (
            (self._binding.bind_input, "obs", self._input),
            (self._binding.bind_output, "actions", self._output),
        ):
            bind(name, "cpu", 0, np.float32, buffer.shape, buffer.ctypes.data)

    def _sizes(self) -> tuple[int, int]:
        shapes = []
        for kind, ports, name in (
            ("input", self.inputs, "obs"),
            ("output", self.outputs, "actions"),
        ):
            shape = ports.get(name)
            fits = (
                shape is not None
                and len(ports) == 1
                and len(shape) == 2
                and shape[0] == 1
                and isinstance(shape[1], int)
            )
            if not fits:
                came = ", ".join(f"'{key}' {value}" for key, value in ports.items())
                raise PolicyMismatch(
                    f"{self.name}: expected one {kind} '{name}', float32 of shape "
                    f"(1, k), got {came or 'none'}. {EXPORT_AGAIN}"
                )
            assert shape is not None
            shapes.append(int(shape[1]))
        return shapes[0], shapes[1]

    def metadata(self) -> str:
        """Return the contract's text.

        Raises:
            PolicyMismatch: if the file has none.
        """
        metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise PolicyMismatch(
                f"{self.name} carries no contract (metadata '{METADATA_KEY}'), so "
                "nothing says which joints it moves. Export it with "
                "skills/training/export.py."
            )
        return metadata[METADATA_KEY]

    def run(self, observation: Array32) -> Array32:
        """Return the network's raw output, (m,)."""
        self._input[0] = observation
        self._session.run_with_iobinding(self._binding)
        result: Array32 = self._output[0].copy()
        return result


def _describe(ports: Sequence[Any]) -> dict[str, list[Any]]:
    return {
        port.name: port.shape if port.type == "tensor(float)" else [port.type]
        for port in ports
    }
