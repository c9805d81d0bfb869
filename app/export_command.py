"""Carry out `praxis export usd`: write the robot and a scene for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.options import RunOptions
from configs.loader import load_robot, load_scene
from sim2real.usd.cache import robot_usd, scene_usd, write_whole


def export_usd(
    options: RunOptions, say: Callable[[str], None], *, out: Path | None = None
) -> None:
    """Write both files and say where they are.

    Args:
        options: robot, scene and the seed it is drawn with.
        say: takes a line for the person who asked.
        out: folder for `ROBOT.usda` and `SCENE.usda`; the cache alone if None.

    Raises:
        ConfigError: if usd-core is missing, a folder cannot be written, or the robot or
            the scene cannot be written as USD.
    """
    robot, scene = load_robot(options.robot), load_scene(options.scene)
    written = [
        (f"robot {robot.name}", robot.name, robot_usd(robot)),
        (
            f"scene {scene.name}, seed {options.seed}",
            scene.name,
            scene_usd(scene, options.seed),
        ),
    ]
    for what, name, path in written:
        if out is not None:
            copy = out / f"{name}.usda"
            write_whole(copy, path.read_text(encoding="utf-8"))
            path = copy
        say(f"{what}: {path}")
