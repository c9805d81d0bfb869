"""Carry out `praxis collect`: episodes as robot logs, with what the judge said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from app.build import Plan, build
from app.control_loop import Assembly, Episode
from app.operators.desk import Desk, Wish
from app.operators.stop import OperatorStop
from app.records.run_log import RunLog
from app.report import check_writable
from app.result import EpisodeResult
from configs.loader import ConfigError
from skills.contract import Failure

INDEX = "collection.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A folder of logs and what each episode came to."""

    folder: Path
    head: dict[str, Any]  # what all episodes have in common
    episodes: list[dict[str, Any]]

    @property
    def done(self) -> int:
        """How many episodes succeeded."""
        return sum(bool(episode["success"]) for episode in self.episodes)

    def write(self) -> None:
        """Write the index."""
        data = {"format": FORMAT, **self.head, "episodes": self.episodes}
        text = json.dumps(data, indent=1) + "\n"
        (self.folder / INDEX).write_text(text, encoding="utf-8")


def open_collection(folder: Path, plan: Plan) -> Collection:
    """Return the collection in a folder, or a new one.

    Raises:
        ConfigError: if the folder holds episodes of something else, or cannot be
            written.
    """
    options = plan.options
    head = {
        "task": plan.task.text,
        "robot": plan.robot.name,
        "revision": plan.robot.revision,
        "scene": plan.scene.name,
        "backend": options.backend,
        "robot_parameters": options.robot_parameters,
        "adapt": options.adapt,
        "identified": options.identified,
    }
    index = folder / INDEX
    if not index.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"--out {folder}: cannot be made ({error.strerror})."
            ) from None
        check_writable(index)
        return Collection(folder=folder, head=head, episodes=[])
    data = _read(index)
    for key, value in head.items():
        if data.get(key) != value:
            raise ConfigError(
                f"{folder} holds episodes with {key} '{data.get(key)}', not "
                f"'{value}'. Name another folder with --out."
            )
    return Collection(folder=folder, head=head, episodes=list(data["episodes"]))


def _read(index: Path) -> dict[str, Any]:
    try:
        data = json.loads(index.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{index} cannot be read ({error}). Name another folder with --out."
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ConfigError(
            f"{index} is no collection of this version of Praxis. Name another folder "
            "with --out."
        )
    return data


def collect(plan: Plan, folder: Path, console: Console) -> Collection:
    """Carry the task out until there are as many episodes as were asked for.

    Episodes that the folder already holds count; Ctrl-C keeps what is complete.

    Raises:
        GoalError: if the task makes no sense in the first world.
        ConfigError: if the folder cannot be used.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    collection = open_collection(folder, plan)
    held = {episode["seed"] for episode in collection.episodes}
    first, count = plan.options.seed, plan.options.episodes
    wanted = [seed for seed in range(first, first + count) if seed not in held]
    if not wanted:
        console.print(f"{folder} already holds these {count} episodes")
        return collection
    desk = Desk()
    assembly = build(plan, desk.stop)
    try:
        with OperatorStop(desk):
            for seed in wanted:
                result, log = _episode(assembly, seed, collection, desk, console)
                if desk.wish() >= Wish.STOP and result.failure is Failure.OPERATOR:
                    log.unlink(missing_ok=True)
                    break
                collection.episodes.append(_label(result, log))
                collection.write()
                console.print(
                    f"{len(collection.episodes)} of {len(held) + len(wanted)}: seed "
                    f"{seed} {'done' if result.verified else 'not done'}: "
                    f"{result.sentence}",
                    highlight=False,
                )
    finally:
        assembly.backend.close()
    console.print(
        f"{collection.done} successes in {len(collection.episodes)} episodes, in "
        f"{folder}",
        highlight=False,
    )
    return collection


def _episode(
    assembly: Assembly,
    seed: int,
    collection: Collection,
    desk: Desk,
    console: Console,
) -> tuple[EpisodeResult, Path]:
    path = collection.folder / f"episode_{seed:05d}.mcap"
    head = {key: str(value) for key, value in collection.head.items() if key != "task"}
    log = RunLog(path, head, warn=lambda text: console.print(text, style="yellow"))
    try:
        episode = Episode(assembly, seed, observers=[log], operator=desk)
        return episode.run(), path
    finally:
        log.close()


def _label(result: EpisodeResult, log: Path) -> dict[str, Any]:
    """Return the episode's entry: a success is one that the physics confirms."""
    return {
        "seed": result.seed,
        "log": log.name,
        "success": result.verified,
        "verdict": result.judgement.verdict.value,
        "reason": result.judgement.reason if result.success else result.sentence,
        "duration_s": round(result.duration_s, 3),
    }
