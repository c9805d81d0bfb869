"""USD files of robots and scenes, kept by content: what has changed is written anew."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from configs.loader import ConfigError
from configs.schema import RobotConfig, SceneConfig
from sim2real.mujoco_model import robot_spec
from sim2real.mujoco_scene import scene_model
from sim2real.scenes import Scene, draw_scene


def default_folder() -> Path:
    """Return where the files are kept if nobody says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "praxis" / "usd"


def robot_usd(robot: RobotConfig, folder: Path | None = None) -> Path:
    """Return the USD file of a robot; write it if there is none of this content.

    Raises:
        ConfigError: if usd-core is missing, the folder cannot be written, or the robot
            holds something that has no like in USD.
    """
    digest = _digest(
        robot_spec(robot).compile(), robot.model_dump_json(exclude={"mjcf"})
    )
    path = (folder or default_folder()) / f"{robot.name}-{digest}.usda"
    if not path.is_file():
        write_whole(path, _text_of(lambda: _robot_stage(robot)))
    return path


def scene_usd(scene: SceneConfig, seed: int, folder: Path | None = None) -> Path:
    """Return the USD file of a scene drawn with `seed`, as the simulators draw it.

    Raises:
        ConfigError: if usd-core is missing, the folder cannot be written, or the scene
            cannot be drawn.
    """
    drawn = draw_scene(scene, np.random.default_rng(seed))
    digest = _digest(scene_model(drawn), scene.model_dump_json(), str(seed))
    name = f"{scene.name}-seed{seed}-{digest}.usda"
    path = (folder or default_folder()) / name
    if not path.is_file():
        write_whole(path, _text_of(lambda: _scene_stage(drawn)))
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file that others see whole or not at all.

    Raises:
        ConfigError: if it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written ({error.strerror or error}). "
            "Name another folder with --out or XDG_CACHE_HOME."
        ) from None
    finally:
        if draft.is_file():
            draft.unlink()


def _digest(model: mujoco.MjModel, *texts: str) -> str:
    """Return what names the content: the model, the settings and the writer itself.

    The compiled model holds all that an MJCF, its includes and a seed say; the writer's
    source stands for its version, which nobody can then forget to raise.
    """
    content = np.zeros(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, content)
    found = hashlib.sha256(content.tobytes())
    for text in texts:
        found.update(text.encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def _text_of(make: Callable[[], Any]) -> str:
    try:
        stage = make()  # its layer lives no longer than it does
        text: str = stage.GetRootLayer().ExportToString()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pxr":
            raise
        raise ConfigError(
            "writing USD needs usd-core, which is not installed. "
            "Install it: pip install 'praxis[usd]'."
        ) from None
    return text


def _robot_stage(robot: RobotConfig) -> Any:
    from sim2real.usd.robot_stage import robot_stage

    return robot_stage(robot)


def _scene_stage(scene: Scene) -> Any:
    from sim2real.usd.scene_stage import scene_stage

    return scene_stage(scene)
