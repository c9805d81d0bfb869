"""Networks of a policy that adapts: teacher, and student that replaces its eyes.

Rapid motor adaptation (Kumar, Fu, Pathak and Malik, RSS 2021): a teacher acts on the
observation and a latent that it makes of the robot's true parameters; a student learns
to tell the latent from the last second of observations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn

from skills.description import PolicyDescription
from skills.mirror import Mirror, join
from skills.observations import Term
from skills.training.symmetric import SymmetricMLP
from skills.training.warm_start import warm_start


class TeacherNetwork(nn.Module):
    """actions = body(observation, tanh(encoder(parameters))); left-right symmetric."""

    def __init__(
        self,
        seen: Mirror,
        told: Mirror,
        acted: Mirror,
        *,
        hidden: Sequence[int],
        encoder: Sequence[int],
        latent: int,
    ) -> None:
        """Build with random weights.

        Args:
            seen: mirror of the observation.
            told: mirror of the parameters.
            acted: mirror of the actions.
            hidden: layers of the body.
            encoder: hidden layers of the encoder.
            latent: numbers between the two, even.
        """
        super().__init__()
        self.latent_mirror = swapped_halves(latent)
        self.sizes = (len(seen.index), len(told.index), latent)
        self.actions = len(acted.index)
        self.encoder = SymmetricMLP(told, encoder, self.latent_mirror)
        self.body = SymmetricMLP(join([seen, self.latent_mirror]), hidden, acted)
        self.body.shrink_output(0.1)

    def forward(self, values: Tensor) -> Tensor:
        """Return the actions for observation and parameters in one row."""
        seen, told = torch.split(values, list(self.sizes[:2]), dim=-1)
        return self.act(seen, self.latent(told))

    def latent(self, told: Tensor) -> Tensor:
        """Return what sets a robot apart, from its parameters."""
        return torch.tanh(self.encoder(told))

    def act(self, seen: Tensor, latent: Tensor) -> Tensor:
        """Return the actions."""
        return cast(Tensor, self.body(torch.cat([seen, latent], -1)))

    def warm_start(self, description: PolicyDescription, path: Path) -> None:
        """Begin as a policy that knows of no latent.

        Raises:
            ConfigError: if the file does not fit.
        """
        term = Term(name="latent", size=self.sizes[2])
        extended = replace(description, observations=(*description.observations, term))
        warm_start(cast(Any, SimpleNamespace(mlp=self.body)), extended, path)


class StudentNetwork(nn.Module):
    """latent = tanh(head(frames)), with the same few numbers kept of every frame."""

    def __init__(
        self, observation: int, history: int, *, frame: int, hidden: int, latent: int
    ) -> None:
        """Build with random weights.

        Args:
            observation: numbers in one observation.
            history: observations that are seen.
            frame: numbers kept of each.
            hidden: layer over all of them.
            latent: numbers that come out.
        """
        super().__init__()
        self.shape = (history, observation)
        self.frame = nn.Linear(observation, frame)
        self.hidden = nn.Linear(history * frame, hidden)
        self.out = nn.Linear(hidden, latent)

    def forward(self, history: Tensor) -> Tensor:
        """Return the latent for histories (N, length, size), the oldest first."""
        frames = nn.functional.elu(self.frame(history)).flatten(1)
        return torch.tanh(self.out(nn.functional.elu(self.hidden(frames))))


def swapped_halves(size: int) -> Mirror:
    """Return the mirror under which two halves change places."""
    half = size // 2
    return Mirror.of([*range(half, size), *range(half)], [1.0] * size)
