"""Find the file that says how the robot at work differs from its model."""

from __future__ import annotations

from pathlib import Path

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.identified import (
    IDENTIFIED_DIR,
    IdentifiedRobot,
    describe_parameters,
    load_identified,
)
from sim2real.randomization import HIDDEN
from sim2real.robot_parameters import RobotParameters

SUFFIXES = (".yaml", ".yml")


def known_robot(
    word: str | None, robot: RobotConfig, at_work: str | None = None
) -> RobotParameters | None:
    """Return what was identified of the robot at work; None if nothing is named.

    Args:
        word: a name in configs/identified; a YAML file; or a folder with one file, or
            with `hidden_SEED.yaml` of several hidden robots.
        robot: as its files describe it.
        at_work: which robot is simulated, as `--robot-parameters` names it; it
            chooses the file in a folder.

    Raises:
        ConfigError: if there is no such file, it is of another robot or revision, or
            it cannot be used.
    """
    if word is None:
        return None
    path = Path(word)
    if path.is_dir():
        path = _file_in(path, at_work)
    elif path.suffix not in SUFFIXES and not _shipped(word).is_file():
        raise ConfigError(
            f"--identified {word}: there is no file {word}.yaml in {IDENTIFIED_DIR}, "
            "nor a folder of that name. Name a file that `praxis identify fit` wrote."
        )
    try:
        return load_identified(str(path)).robot_parameters(robot)
    except ConfigError as error:
        raise ConfigError(f"--identified {word}: {error}") from None


def text_of(robot: RobotConfig, known: RobotParameters | None) -> str:
    """Return what is known as text, for a log; nothing if nothing is known."""
    return "" if known is None else describe_parameters(robot, known).model_dump_json()


def known_in(text: str, robot: RobotConfig) -> RobotParameters | None:
    """Return what `text_of` wrote.

    Raises:
        ConfigError: if it is of another robot.
    """
    if not text:
        return None
    return IdentifiedRobot.model_validate_json(text).robot_parameters(robot)


def _shipped(name: str) -> Path:
    return IDENTIFIED_DIR / f"{name}.yaml"


def _file_in(folder: Path, at_work: str | None) -> Path:
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    kind, sign, seed = (at_work or "").partition(":")
    if kind == HIDDEN and sign:
        files = [path for path in files if path.stem == f"{HIDDEN}_{seed}"]
        if not files:
            raise ConfigError(
                f"--identified {folder}: there is no {HIDDEN}_{seed}.yaml in it. "
                "Identify that robot, or name another file."
            )
    if len(files) != 1:
        raise ConfigError(
            f"--identified {folder}: expected one YAML file in it, found {len(files)}. "
            "Name the file."
        )
    return files[0]
