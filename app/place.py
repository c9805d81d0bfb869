"""The place that a person asks for, for pictures: ranges, and a seed."""

from __future__ import annotations

import numpy as np

from configs.loader import ConfigError
from sim2real.randomization import load_randomization
from sim2real.surroundings import Surroundings

STREAM = 7  # keeps places apart from all else that is drawn from small seeds


def draw_place(word: str | None) -> Surroundings:
    """Return a place, drawn from ranges; the usual one if none is named.

    Args:
        word: a name in configs/randomization or a YAML file, then `:SEED`; None: the
            place as the scene has it.

    Raises:
        ConfigError: if there are no such ranges, or the seed is none.
    """
    if word is None:
        return Surroundings()
    name, _, seed = word.rpartition(":")
    if not name or not seed.isdecimal():
        raise ConfigError(
            f"--light {word}: expected ranges and a seed, such as hard:3."
        )
    rng = np.random.default_rng([int(seed), STREAM])
    return load_randomization(name).draw_surroundings(rng)
