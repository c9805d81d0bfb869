"""`praxis run` and `resume`: carry out a task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from app.commands.shared import (
    Adapt,
    BackendOrRobot,
    Identified,
    Json,
    Light,
    LlmModel,
    LlmUrl,
    Log,
    NoTrace,
    Param,
    Physics,
    Planner,
    Policies,
    PrintConfig,
    Record,
    Request,
    Robot,
    RobotParameters,
    SaveStopped,
    Scene,
    Seed,
    Trace,
    Video,
    View,
    one_line_for_bad_input,
    options_of,
    print_lines,
)
from app.options import read_parameters
from configs.loader import ConfigError

if TYPE_CHECKING:
    from app.run_command import Outputs


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(run)
    app.command()(resume)


def run(
    request: Request,
    param: Param = None,
    seed: Seed = None,
    episodes: Annotated[
        int | None, typer.Option(help="How many, with consecutive seeds.")
    ] = None,
    scene: Scene = None,
    robot: Robot = None,
    physics: Physics = None,
    robot_parameters: RobotParameters = None,
    backend: BackendOrRobot = None,
    policies: Policies = None,
    script: Annotated[
        str | None,
        typer.Option(
            help="Failures to rehearse on --backend fake: 'grasp=dropped,ok'."
        ),
    ] = None,
    view: View = False,
    video: Video = None,
    light: Light = None,
    record: Record = None,
    log: Log = None,
    json: Json = None,
    trace: Trace = None,
    no_trace: NoTrace = False,
    save_stopped: SaveStopped = None,
    planner: Planner = None,
    llm_url: LlmUrl = None,
    llm_model: LlmModel = None,
    adapt: Adapt = None,
    identified: Identified = None,
    print_config: PrintConfig = False,
) -> None:
    """Carry out a task.

    Exit code 0: every episode was done and verified. 1: not. 2: bad input.
    """
    from app.build import read_plan
    from app.llm_task import understood
    from app.provenance import settings_of_run
    from app.run_command import carry_out, check_outputs

    with one_line_for_bad_input():
        options = options_of(
            on_a_robot=True,
            seed=seed,
            episodes=episodes,
            scene=scene,
            robot=robot,
            physics=physics,
            robot_parameters=robot_parameters,
            backend=backend,
            policies=policies,
            script=script,
            realtime=view or None,
            planner=planner,
            llm_url=llm_url,
            llm_model=llm_model,
            adapt=adapt,
            identified=identified,
            parameters=read_parameters(param),
        )
        plan = read_plan(request, options)
        if print_config:
            print_lines(settings_of_run(plan, request))
            return
        outputs = _outputs(
            view=view,
            video=video,
            light=light,
            record=record,
            log=log,
            json=json,
            trace=trace,
            no_trace=no_trace,
            save_stopped=save_stopped,
        )
        check_outputs(plan, outputs)
        if options.planner == "llm":
            print_lines(understood(plan.task))
        code = carry_out(plan, outputs, Console())
    raise typer.Exit(code)


def resume(
    file: Annotated[Path, typer.Argument(help="What `praxis run` wrote.")],
    view: View = False,
    video: Video = None,
    light: Light = None,
    record: Record = None,
    log: Log = None,
    json: Json = None,
    trace: Trace = None,
    no_trace: NoTrace = False,
    save_stopped: SaveStopped = None,
) -> None:
    """Go on with a task that was stopped.

    A simulated world begins anew: what was done and no longer holds is done again.
    """
    from app.run_command import carry_out, check_outputs
    from app.stopped_task import read_stopped

    with one_line_for_bad_input():
        plan = read_stopped(file, realtime=view)
        outputs = _outputs(
            view=view,
            video=video,
            light=light,
            record=record,
            log=log,
            json=json,
            trace=trace,
            no_trace=no_trace,
            save_stopped=save_stopped,
        )
        check_outputs(plan, outputs)
        typer.echo(f"going on with: {plan.task.text}")
        code = carry_out(plan, outputs, Console())
    raise typer.Exit(code)


def _outputs(
    *,
    trace: Path | None,
    no_trace: bool,
    save_stopped: Path | None,
    **others: Any,
) -> Outputs:
    """Return what a run leaves behind.

    Raises:
        ConfigError: for options that exclude each other.
    """
    from app.run_command import Outputs
    from app.stopped_task import DEFAULT

    if no_trace and trace is not None:
        raise ConfigError("--trace and --no-trace exclude each other; drop one.")
    stopped = save_stopped or DEFAULT
    return Outputs(trace=trace, traced=not no_trace, stopped=stopped, **others)
