"""What `praxis prove` is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.prove.measures import MEASURES
from app.prove.stages import STAGES, Ingredients
from app.prove.tasks import TASKS
from configs.loader import ConfigError
from skills.library import POLICY_DIR

FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class ProveOptions:
    """What is to be measured."""

    robots: int
    seed: int
    stages: tuple[str, ...]
    measures: tuple[str, ...]
    episodes: int
    heavy_cup: bool
    jobs: int
    ingredients: Ingredients

    @classmethod
    def of(
        cls,
        *,
        robots: int,
        seed: int,
        stages: str | None,
        measures: str | None,
        episodes: int,
        identified: Path | None,
        randomised: Path | None,
        heavy_cup: bool,
        weak: float | None,
        policies: Path | None,
        jobs: int = 1,
    ) -> ProveOptions:
        """Check what was asked for.

        Raises:
            ConfigError: for a number below 1, an unknown word, or a folder that is
                not there.
        """
        numbers = {"--robots": robots, "--episodes": episodes, "--jobs": jobs}
        for name, value in numbers.items():
            if value < 1:
                raise ConfigError(f"{name} {value}: expected 1 or more.")
        if seed < 0:
            raise ConfigError(f"--seed {seed}: expected 0 or more.")
        for option, folder in (
            ("--identified", identified),
            ("--randomised", randomised),
            ("--policies", policies),
        ):
            if folder is not None and not folder.is_dir():
                raise ConfigError(f"{option} {folder}: there is no such folder.")
        return cls(
            robots=robots,
            seed=seed,
            stages=_words("--stages", stages, STAGES),
            measures=_words("--measures", measures, MEASURES),
            episodes=episodes,
            heavy_cup=heavy_cup,
            jobs=jobs,
            ingredients=Ingredients(
                policies=policies,
                randomised=randomised,
                identified=identified,
                weak=weak,
            ),
        )

    @property
    def seeds(self) -> range:
        """Of the hidden robots."""
        return range(self.seed, self.seed + self.robots)

    def wanted(self) -> Iterator[tuple[str, int]]:
        """Go through what is measured of a robot in a stage: measure and number."""
        for measure in self.measures:
            for number in range(self.episodes if measure in TASKS else 1):
                yield measure, number

    def head(self) -> dict[str, Any]:
        """Return what has to be the same for measurements to go together."""
        used = self.ingredients
        folders = (used.policies or POLICY_DIR, used.randomised)
        return {
            "format": FORMAT,
            "heavy_cup": self.heavy_cup,
            "weak": used.weak,
            "policies": str(used.policies or POLICY_DIR.name),
            "randomised": str(used.randomised) if used.randomised else None,
            "identified": str(used.identified) if used.identified else None,
            "policy_digest": _digest([folder for folder in folders if folder]),
        }


def _digest(folders: list[Path]) -> str:
    """Return a word that changes with any policy file."""
    digest = sha256()
    for folder in folders:
        for path in sorted(folder.glob("*.onnx")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _words(option: str, text: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if text is None:
        return known
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise ConfigError(
            f"{option} {text}: expected some of {','.join(known)}, separated by commas."
        )
    return tuple(word for word in known if word in words)
