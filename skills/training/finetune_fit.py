"""Fit a network to lessons while episodes that it does not see gain from it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from skills.training.finetune_data import Lessons
from skills.training.warm_start import layers_of_file

EPOCHS = 60
BATCH = 256
LEARNING_RATE = 1e-4
STAY = 0.3  # weight of staying with the old policy's answers
PATIENCE = 8  # epochs without progress on held-out episodes
GAIN = 0.05  # share by which the held-out error has to fall


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What fine-tuning came to, on episodes that it was not fitted to."""

    before: float  # root of the mean square error of the old policy
    after: float
    epochs: int

    @property
    def better(self) -> bool:
        """Whether the new policy is worth having."""
        return self.after < self.before * (1.0 - GAIN)


def held_out(lessons: Lessons) -> NDArray[np.bool_]:
    """Return which steps are kept for the check: every third episode."""
    held: NDArray[np.bool_] = lessons.episode % 3 == 2
    return held


def fit(
    network: nn.Sequential, lessons: Lessons, seed: int
) -> tuple[nn.Sequential, Outcome]:
    """Fit a network to labels, near its old answers, while held-out episodes gain.

    Args:
        network: of the policy.
        lessons: checked.
        seed: of the minibatches.

    Returns:
        the best network, and how much better it is.
    """
    torch.manual_seed(seed)
    held = held_out(lessons)
    seen = torch.from_numpy(lessons.observations[~held])
    wanted = torch.from_numpy(lessons.labels[~held])
    with torch.no_grad():
        old = network(seen)
    before = error_of(network, lessons, held)
    best, best_error, since = deepcopy(network), before, 0
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    epoch = 0
    while epoch < EPOCHS and since < PATIENCE:
        epoch += 1
        for rows in torch.split(torch.randperm(len(seen)), BATCH):
            answer = network(seen[rows])
            loss = ((answer - wanted[rows]) ** 2).mean()
            loss = loss + STAY * ((answer - old[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        error = error_of(network, lessons, held)
        since += 1
        if error < best_error:
            best, best_error, since = deepcopy(network), error, 0
    return best, Outcome(before=before, after=best_error, epochs=epoch)


def error_of(network: nn.Module, lessons: Lessons, which: NDArray[np.bool_]) -> float:
    """Return the error on some steps, root of the mean square."""
    with torch.no_grad():
        answer = network(torch.from_numpy(lessons.observations[which])).numpy()
    return float(np.sqrt(np.mean((answer - lessons.labels[which]) ** 2)))


def sequential(path: Path) -> nn.Sequential:
    """Return the network of a policy file for torch.

    Raises:
        ConfigError: if it is no plain sequence of layers.
    """
    modules: list[nn.Module] = []
    for weight, bias in layers_of_file(path):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.copy()))
            linear.bias.copy_(torch.from_numpy(bias.copy()))
        modules += [linear, nn.ELU()]
    return nn.Sequential(*modules[:-1])
