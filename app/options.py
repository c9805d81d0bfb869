"""What a run may be told, with every default in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from configs.schema import Config


class RunOptions(Config):
    """Settings of a run; those that were given are in `model_fields_set`."""

    robot: str = "g1_dex3"  # name in configs/robots, or a path
    scene: str = "kitchen"  # name in configs/scenes, or a path
    backend: Literal["mujoco", "fake"] = "mujoco"
    seed: Annotated[int, Field(ge=0)] = 0  # of the first episode
    episodes: Annotated[int, Field(ge=1)] = 1
    policies: Path | None = None  # folder of the ONNX files; those that ship if None
    planner_every: Annotated[int, Field(ge=1)] = 5  # control ticks
    time_limit_s: Annotated[float, Field(gt=0)] = 300.0  # robot time for the task [s]
    realtime: bool = False  # keep pace with a clock instead of running flat out
