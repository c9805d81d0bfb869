"""What a run may be told, with every default in one place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from configs.loader import ConfigError
from configs.schema import Config


class RunOptions(Config):
    """Settings of a run; those that were given are in `model_fields_set`."""

    robot: str = "g1_dex3"  # name in configs/robots, or a path
    # hidden:SEED, a name in configs/identified, or a path; None: the nominal robot.
    robot_parameters: str | None = None
    scene: str = "kitchen"  # name in configs/scenes, or a path
    backend: Literal["mujoco", "isaaclab", "fake", "ros2"] = "mujoco"
    physics: str | None = None  # of isaaclab: newton, newton-warp, physx
    # llm: a language model reads the sentence; learned: a policy chooses the skills.
    planner: Literal["tree", "llm", "learned"] = "tree"
    llm_url: str | None = None  # of its endpoint; the key is never an option
    llm_model: str | None = None  # as the endpoint calls it
    parameters: dict[str, str] = Field(default_factory=dict)  # of a task file
    script: str | None = None  # failures to rehearse, for the fake backend
    # How commands are fitted to the robot that is there (docs/adaptation.md).
    adapt: Literal["none", "estimator", "module", "residual", "all"] = "none"
    # A name in configs/identified, a file or a folder; None: nothing is known.
    identified: str | None = None
    seed: Annotated[int, Field(ge=0)] = 1  # of the first episode
    episodes: Annotated[int, Field(ge=1)] = 1
    policies: Path | None = None  # folder of the ONNX files; those that ship if None
    planner_every: Annotated[int, Field(ge=1)] = 5  # control ticks
    time_limit_s: Annotated[float, Field(gt=0)] = 300.0  # robot time for the task [s]
    realtime: bool = False  # keep pace with a clock instead of running flat out


def read_parameters(words: Sequence[str] | None) -> dict[str, str] | None:
    """Return the parameters of a task file that were given as `key=value`, if any.

    Raises:
        ConfigError: for what is written in another way.
    """
    parameters: dict[str, str] = {}
    for word in words or ():
        name, sign, value = word.partition("=")
        if not sign or not name.strip():
            raise ConfigError(f"-p {word}: expected key=value, such as object=cup.")
        parameters[name.strip()] = value.strip()
    return parameters or None


def backend_options(options: RunOptions) -> dict[str, object]:
    """Return what the backend of a run is told beside robot and scene.

    Raises:
        ConfigError: if it is told about physics that it does not have.
    """
    told: dict[str, object] = {"realtime": options.realtime}
    if options.backend == "ros2":
        told["takes_over"] = True
    return {**told, **physics_option(options.backend, options.physics)}


def physics_option(backend: str, physics: str | None) -> dict[str, str]:
    """Return what the backend is told about physics.

    Raises:
        ConfigError: if it is not Isaac Lab, which alone has a choice.
    """
    if physics is None:
        return {}
    if backend != "isaaclab":
        raise ConfigError(
            f"--physics is for --backend isaaclab; {backend} has its own. Drop it."
        )
    return {"physics": physics}
