"""Read YAML files into the schema, with one clear line for every mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from configs.schema import RobotConfig, SceneConfig

CONFIG_DIR = Path(__file__).parent
T = TypeVar("T", bound=BaseModel)


class ConfigError(ValueError):
    """A file or value that cannot be used; the message is one line for a person."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises:
        ConfigError: if the file is missing, is not YAML or holds no mapping.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = sorted(p.stem for p in path.parent.glob("*.yaml"))
        raise ConfigError(
            f"{path}: no such file. Known here: {', '.join(near) or 'none'}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from None
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{path}: is not valid YAML ({_yaml_problem(error)})."
        ) from None
    if not isinstance(data, dict):
        raise ConfigError(
            f"{path}: expected a mapping of keys to values, got {type(data).__name__}."
        )
    return data


def parse(model: type[T], data: dict[str, Any], source: str) -> T:
    """Check `data` against a schema class.

    Raises:
        ConfigError: naming `source`, the key, what was expected and what came.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(model, data, error, source)) from None


def load(model: type[T], path: Path) -> T:
    """Read and check one YAML file."""
    return parse(model, read_yaml(path), str(path))


def load_robot(name: str = "g1_dex3") -> RobotConfig:
    """Load a robot by name from `configs/robots`, or from a path to a YAML file."""
    path = _find(name, "robots")
    robot = load(RobotConfig, path)
    return robot.model_copy(update={"mjcf": (path.parent / robot.mjcf).resolve()})


def load_scene(name: str) -> SceneConfig:
    """Load a scene by name from `configs/scenes`, or from a path to a YAML file."""
    return load(SceneConfig, _find(name, "scenes"))


def _find(name: str, folder: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    return CONFIG_DIR / folder / f"{name}.yaml"


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _explain(
    model: type[BaseModel], data: dict[str, Any], error: ValidationError, source: str
) -> str:
    # A value that may be of several types has one error for each of them; the one
    # that reaches deepest into the file tells most.
    places = [(_place(e, data), e) for e in error.errors()]
    place, worst = max(places, key=lambda found: len(found[0]))
    key = ".".join(str(part) for part in place) or "(file)"
    if worst["type"] == "extra_forbidden":
        known = ", ".join(_fields(model, worst["loc"][:-1]))
        return f"{source}: unknown key '{key}'. Known keys: {known}."
    if worst["type"] == "missing":
        return f"{source}: key '{key}' is missing."
    wanted = {_wanted(e["msg"]): None for at, e in places if at == place}
    message = " or ".join(wanted).replace(" or expected ", " or ")
    message = f"{source}: {key}: {message}"
    if isinstance(worst["input"], dict):  # too long to repeat
        return f"{message}."
    return f"{message}, got {worst['input']!r:.80}."


def _wanted(message: str) -> str:
    """Return pydantic's message, or our own sentence from the schema, in our words."""
    if message.startswith("Input should be "):
        message = f"expected {message.removeprefix('Input should be ')}"
    return message.removeprefix("Value error, ").partition(", unable to parse")[0]


def _place(error: ErrorDetails, data: object) -> tuple[int | str, ...]:
    """Return where in the file an error is.

    Pydantic also names the member of a union it tried, which is no key of the file.
    """
    place: list[int | str] = []
    for part in error["loc"]:
        try:
            data = data[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            continue
        place.append(part)
    if error["type"] == "missing":
        place.append(error["loc"][-1])
    return tuple(place)


def _fields(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the schema knows at the place of an error.

    Where a value may be one of several models, pydantic names the one it tried.
    """
    models = [model]
    for part in place:
        named = [m for m in models if m.__name__ == part]
        inner = [i for m in models for i in _models_in(_annotation(m, part))]
        models = named or inner or models
    return [f.alias or name for name, f in models[0].model_fields.items()]


def _annotation(model: type[BaseModel], key: int | str) -> object:
    found = (f for n, f in model.model_fields.items() if key in (n, f.alias))
    field = next(found, None)
    return None if field is None else field.annotation


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
