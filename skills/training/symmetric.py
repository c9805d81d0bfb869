"""Networks that are left-right symmetric by construction.

Mirroring the input mirrors the output exactly, whatever the parameters: hidden units
come in two halves that change places under the mirror (the regular representation of
the group of two; Cohen and Welling, "Group Equivariant Convolutional Networks", ICML
2016). The weights are tied blocks, so the network costs as much as an ordinary one
and is written to the policy file as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from skills.mirror import Mirror


class _Permutation(nn.Module):
    """A mirror as a matrix, kept with the network."""

    matrix: Tensor

    def __init__(self, mirror: Mirror) -> None:
        super().__init__()
        matrix = torch.zeros(len(mirror.index), len(mirror.index))
        rows = torch.arange(len(mirror.index))
        matrix[rows, torch.from_numpy(mirror.index)] = torch.from_numpy(mirror.sign)
        self.register_buffer("matrix", matrix, persistent=False)


def _uniform(rows: int, columns: int, fan_in: int) -> nn.Parameter:
    bound = 1.0 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(rows, columns).uniform_(-bound, bound))


class _Layer(nn.Module):
    """A layer that can say its weight and bias as an ordinary one would have them."""

    def dense(self) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def load(self, weight: Tensor, bias: Tensor) -> None:
        """Take weight and bias that `dense` of such a layer returned."""
        raise NotImplementedError


class _Lift(_Layer):
    """From the observation to the first hidden layer: [D; D M]."""

    def __init__(self, mirror: Mirror, size: int) -> None:
        super().__init__()
        self.mirror = _Permutation(mirror)
        self.block = _uniform(size // 2, len(mirror.index), len(mirror.index))
        self.shift = nn.Parameter(torch.zeros(size // 2))

    def dense(self) -> tuple[Tensor, Tensor]:
        block = self.block
        weight = torch.cat([block, block @ self.mirror.matrix])
        return weight, torch.cat([self.shift, self.shift])

    def load(self, weight: Tensor, bias: Tensor) -> None:
        half = len(self.shift)
        self.block.copy_(weight[:half])
        self.shift.copy_(bias[:half])


class _Hidden(_Layer):
    """Between hidden layers: [[A, B], [B, A]]."""

    def __init__(self, before: int, size: int) -> None:
        super().__init__()
        self.same = _uniform(size // 2, before // 2, before)
        self.other = _uniform(size // 2, before // 2, before)
        self.shift = nn.Parameter(torch.zeros(size // 2))

    def dense(self) -> tuple[Tensor, Tensor]:
        top = torch.cat([self.same, self.other], 1)
        bottom = torch.cat([self.other, self.same], 1)
        return torch.cat([top, bottom]), torch.cat([self.shift, self.shift])

    def load(self, weight: Tensor, bias: Tensor) -> None:
        rows, columns = self.same.shape
        self.same.copy_(weight[:rows, :columns])
        self.other.copy_(weight[:rows, columns:])
        self.shift.copy_(bias[:rows])


class _Out(_Layer):
    """From the last hidden layer to the action: [C, M C]."""

    def __init__(self, before: int, mirror: Mirror) -> None:
        super().__init__()
        self.mirror = _Permutation(mirror)
        self.block = _uniform(len(mirror.index), before // 2, before)
        self.shift = nn.Parameter(torch.zeros(len(mirror.index)))

    def dense(self) -> tuple[Tensor, Tensor]:
        weight = torch.cat([self.block, self.mirror.matrix @ self.block], 1)
        return weight, 0.5 * (self.shift + self.mirror.matrix @ self.shift)

    def load(self, weight: Tensor, bias: Tensor) -> None:
        self.block.copy_(weight[:, : self.block.shape[1]])
        self.shift.copy_(bias)


class SymmetricMLP(nn.Module):
    """A multi-layer perceptron with ELU, symmetric by construction."""

    def __init__(self, given: Mirror, hidden: Sequence[int], result: Mirror) -> None:
        """Build with random weights.

        Args:
            given: mirror of the input.
            hidden: even sizes of the hidden layers.
            result: mirror of the output.
        """
        super().__init__()
        layers: list[_Layer] = [_Lift(given, hidden[0])]
        for before, size in pairwise(hidden):
            layers.append(_Hidden(before, size))
        layers.append(_Out(hidden[-1], result))
        self.layers = nn.ModuleList(layers)

    def forward(self, values: Tensor) -> Tensor:
        """Return the output for (N, input size)."""
        last = len(self.layers) - 1
        for i, layer in enumerate(self._in_order()):
            weight, bias = layer.dense()
            values = functional.linear(values, weight, bias)
            if i < last:
                values = functional.elu(values)
        return values

    def _in_order(self) -> list[_Layer]:
        return [layer for layer in self.layers if isinstance(layer, _Layer)]

    def load_dense(self, layers: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Take the weights and biases of a network that `dense` returned."""
        with torch.no_grad():
            for layer, (weight, bias) in zip(self._in_order(), layers, strict=True):
                layer.load(weight, bias)

    def shrink_output(self, factor: float) -> None:
        """Scale the last layer's weights, to begin near zero."""
        with torch.no_grad():
            for parameter in self.layers[-1].parameters():
                parameter.mul_(factor)

    def dense(self) -> nn.Sequential:
        """Return an ordinary network that computes the same."""
        modules: list[nn.Module] = []
        for layer in self._in_order():
            weight, bias = layer.dense()
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
            modules += [linear, nn.ELU()]
        return nn.Sequential(*modules[:-1])


def no_mirror(size: int) -> Mirror:
    """Return the mirror of values that it leaves alone."""
    return Mirror.of(range(size), [1.0] * size)
