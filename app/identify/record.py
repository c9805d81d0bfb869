"""Carry out `praxis identify record`: excite a robot and log what it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from app.identify.progress import progress_on
from app.report import check_writable
from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.chosen_robot import choose_robot
from sim2real.identification.excitation import plan_excitation
from sim2real.identification.phases import KEY, Place, phases_as_text
from sim2real.identification.recording import (
    ON_THE_GROUND,
    Motion,
    Recorded,
    RecordingLimits,
    record,
)
from sim2real.robot_log import RobotLogWriter

SIMULATED = "mujoco"
REMOTE = "ros2"
BUFFER_SIZE = 512 * 1024 * 1024  # a simulation is far faster than a disk [bytes]


def record_excitation(
    console: Console,
    *,
    robot: str,
    backend: str,
    parameters: str | None,
    groups: Sequence[str] | None,
    seed: int,
    out: Path,
    size: float = 1.0,
    on: Place = "stand",
) -> Recorded:
    """Sweep the joints of a robot on a stand, or let it squat and step; and log it.

    Args:
        console: for the progress.
        robot: name or file.
        backend: name; `mujoco` puts the virtual robot on a stand itself.
        parameters: which very robot, for simulation: `hidden:SEED` or a file.
        groups: of joints, on a stand; all by default.
        seed: of sweeps and noise.
        out: the log.
        size: of the swings, as a share of the largest.
        on: what carries the robot.

    Raises:
        ConfigError: if something of this does not exist, or cannot be written.
    """
    config = load_robot(robot)
    options: dict[str, Any] = {}
    if parameters is not None:
        if backend != SIMULATED:
            raise ConfigError(
                f"--parameters {parameters} is for the {SIMULATED} backend, not for "
                f"{backend}, which has the parameters that it has. Drop it."
            )
        options["parameters"] = choose_robot(parameters, config)
    if on == "ground" and backend == REMOTE:
        options["takes_over"] = True  # a robot that does not stand is refused
    motion, limits = _motion(config, on, groups, seed, size)
    check_writable(out)
    there = make_backend(backend, config, load_scene("empty"), **options)
    metadata = {
        KEY: phases_as_text(motion.phases),
        "task": f"identify record --on {on}",
        "backend": backend,
        "seed": seed,
    }
    try:
        state = there.reset(seed)
        if backend == SIMULATED and on == "stand":
            from sim2real.mujoco_hoist import hoist

            hoist(cast(Any, there).model, config)
        with (
            RobotLogWriter(
                out,
                config,
                metadata,
                control_dt=there.control_dt,
                buffer_size=BUFFER_SIZE,
            ) as writer,
            progress_on(console) as bar,
        ):
            task = bar.add_task("recording", total=1.0)
            return record(
                there,
                motion,
                writer,
                state=state,
                limits=limits,
                progress=lambda done: bar.update(task, completed=done),
            )
    finally:
        there.close()


def _motion(
    robot: RobotConfig,
    on: Place,
    groups: Sequence[str] | None,
    seed: int,
    size: float,
) -> tuple[Motion, RecordingLimits | None]:
    """Return what to do, and limits if they are not those of a stand."""
    if on == "stand":
        plan = plan_excitation(robot, seed=seed, groups=groups, size=size)
        return plan, None
    if groups:
        raise ConfigError(
            f"--group {groups[0]}: on the ground the legs move, and only they. Drop it."
        )
    from app.identify.ground import GroundMotion

    return GroundMotion(robot, size), ON_THE_GROUND
