"""Arrays and random numbers of one kind, so that a task runs on numpy and on torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array = Any  # numpy array or torch tensor


class Arrays(Protocol):
    """Makes float32 arrays on one device and draws their numbers from one seed."""

    def array(self, values: Any) -> Array:
        """Return the values as float32."""

    def zeros(self, *shape: int) -> Array:
        """Return zeros."""

    def uniform(self, low: float, high: float, *shape: int) -> Array:
        """Draw evenly between two bounds."""

    def normal(self, std: float, *shape: int) -> Array:
        """Draw around zero."""

    def where(self, mask: Array) -> Array:
        """Return the indices at which a mask (N,) is true."""

    def numpy(self, values: Array) -> NDArray[np.float64]:
        """Return a copy as numpy's float64, for what is not written for both kinds."""


class NumpyArrays:
    """Numpy's, on the CPU."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw from this generator."""
        self._rng = rng

    def array(self, values: Any) -> Array:
        """See `Arrays.array`."""
        return np.asarray(values, np.float32)

    def zeros(self, *shape: int) -> Array:
        """See `Arrays.zeros`."""
        return np.zeros(shape, np.float32)

    def uniform(self, low: float, high: float, *shape: int) -> Array:
        """See `Arrays.uniform`."""
        return self._rng.uniform(low, high, shape).astype(np.float32)

    def normal(self, std: float, *shape: int) -> Array:
        """See `Arrays.normal`."""
        return self._rng.normal(0.0, std, shape).astype(np.float32)

    def where(self, mask: Array) -> Array:
        """See `Arrays.where`."""
        return np.flatnonzero(mask)

    def numpy(self, values: Array) -> NDArray[np.float64]:
        """See `Arrays.numpy`."""
        return np.array(values, np.float64)


class TorchArrays:
    """Torch's, on any device."""

    def __init__(self, seed: int, device: torch.device | str) -> None:
        """Draw from a generator of this seed."""
        import torch

        self._torch = torch
        self._device = torch.device(device)
        self._generator = torch.Generator(self._device).manual_seed(seed)

    def array(self, values: Any) -> Array:
        """See `Arrays.array`."""
        return self._torch.as_tensor(
            values, dtype=self._torch.float32, device=self._device
        )

    def zeros(self, *shape: int) -> Array:
        """See `Arrays.zeros`."""
        return self._torch.zeros(shape, device=self._device)

    def uniform(self, low: float, high: float, *shape: int) -> Array:
        """See `Arrays.uniform`."""
        share = self._torch.rand(shape, generator=self._generator, device=self._device)
        return low + (high - low) * share

    def normal(self, std: float, *shape: int) -> Array:
        """See `Arrays.normal`."""
        return std * self._torch.randn(
            shape, generator=self._generator, device=self._device
        )

    def where(self, mask: Array) -> Array:
        """See `Arrays.where`."""
        return self._torch.nonzero(mask)[:, 0]

    def numpy(self, values: Array) -> NDArray[np.float64]:
        """See `Arrays.numpy`."""
        return np.array(values.detach().cpu().numpy(), np.float64)
