"""Carry out `praxis identify record`: excite a robot and log what it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from app.identify.progress import progress_on
from app.report import check_writable
from configs.loader import ConfigError, load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.chosen_robot import choose_robot
from sim2real.identification.excitation import plan_excitation
from sim2real.identification.phases import KEY, phases_as_text
from sim2real.identification.recording import Recorded, record
from sim2real.robot_log import RobotLogWriter

SIMULATED = "mujoco"
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
) -> Recorded:
    """Sweep the joints of a robot on a stand, and log it.

    Args:
        console: for the progress.
        robot: name or file.
        backend: name; `mujoco` puts the virtual robot on a stand itself.
        parameters: which very robot, for simulation: `hidden:SEED` or a file.
        groups: of joints; all by default.
        seed: of sweeps and noise.
        out: the log.
        size: of the swings, as a share of the largest.

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
    plan = plan_excitation(config, seed=seed, groups=groups, size=size)
    check_writable(out)
    there = make_backend(backend, config, load_scene("empty"), **options)
    metadata = {
        KEY: phases_as_text(plan.phases),
        "task": "identify record",
        "backend": backend,
        "seed": seed,
    }
    try:
        state = there.reset(seed)
        if backend == SIMULATED:
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
            task = bar.add_task("sweeping", total=1.0)
            return record(
                there,
                plan,
                writer,
                state=state,
                progress=lambda done: bar.update(task, completed=done),
            )
    finally:
        there.close()
