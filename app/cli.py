"""The command line: `praxis run`, `resume`, `tree`, `task`, `skills`, `train` ..."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from app.options import RunOptions, read_parameters
from configs.loader import ConfigError, parse
from planners.llm_address import LlmError
from planners.vocabulary import LanguageError
from skills.contract import GoalError
from skills.policy_contract import PolicyMismatch

if TYPE_CHECKING:
    from app.run_command import Outputs

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # exit codes
OURS = ("app", "planners", "skills", "sim2real", "configs")

app = typer.Typer(
    help="Make a humanoid robot carry out tasks by composing trained skills.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
policy_app = typer.Typer(help="Look at policy files.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")
model_app = typer.Typer(help="Measure models.", no_args_is_help=True)
app.add_typer(model_app, name="model")
task_app = typer.Typer(help="Look at task files.", no_args_is_help=True)
app.add_typer(task_app, name="task")
export_app = typer.Typer(help="Write files for other programs.", no_args_is_help=True)
app.add_typer(export_app, name="export")

Request = Annotated[
    str, typer.Argument(help="A sentence, a task file, or the name of one that ships.")
]
Robot = Annotated[
    str | None, typer.Option(help="Name in configs/robots, or a YAML file.")
]
Scene = Annotated[
    str | None, typer.Option(help="Name in configs/scenes, or a YAML file.")
]
Param = Annotated[
    list[str] | None,
    typer.Option(
        *("-p", "--param"),
        metavar="KEY=VALUE",
        help="Set a parameter of a task file; repeatable.",
    ),
]
Backend = Annotated[
    str | None, typer.Option(help="mujoco, fake, or isaaclab where it is installed.")
]
Seed = Annotated[int | None, typer.Option(help="Of everything that is random.")]
Policies = Annotated[
    Path | None, typer.Option(help="Folder of the policies, if not those that ship.")
]
Planner = Annotated[
    str | None,
    typer.Option(
        help="tree; llm: a language model reads the sentence; learned: a policy "
        "chooses the skills."
    ),
]
LlmUrl = Annotated[
    str | None, typer.Option(help="Of an OpenAI-compatible API, or PRAXIS_LLM_URL.")
]
LlmModel = Annotated[
    str | None, typer.Option(help="As the API calls it, or PRAXIS_LLM_MODEL.")
]
PrintConfig = Annotated[
    bool,
    typer.Option("--print-config", help="Show every setting and its origin, and stop."),
]
View = Annotated[
    bool, typer.Option("--view", help="Show the run in a web page, at its pace.")
]
Video = Annotated[Path | None, typer.Option(help="Write an MP4 file.")]
Record = Annotated[
    Path | None, typer.Option(help="Write signals (.npz) and trees (.tree.jsonl).")
]
Json = Annotated[Path | None, typer.Option(help="Write the result.")]
Trace = Annotated[
    Path | None,
    typer.Option(help="Write what happened; runs/last.trace.jsonl by default."),
]
NoTrace = Annotated[
    bool, typer.Option("--no-trace", help="Do not write what happened.")
]
SaveStopped = Annotated[
    Path | None,
    typer.Option(
        help="Where to keep a task that is stopped; runs/stopped.task.json by default."
    ),
]
Skill = Annotated[
    str, typer.Argument(help="walk, balance, grasp, manipulate or selector.")
]


@app.command()
def run(
    request: Request,
    param: Param = None,
    seed: Seed = None,
    episodes: Annotated[
        int | None, typer.Option(help="How many, with consecutive seeds.")
    ] = None,
    scene: Scene = None,
    robot: Robot = None,
    backend: Backend = None,
    policies: Policies = None,
    script: Annotated[
        str | None,
        typer.Option(
            help="Failures to rehearse on --backend fake: 'grasp=dropped,ok'."
        ),
    ] = None,
    view: View = False,
    video: Video = None,
    record: Record = None,
    json: Json = None,
    trace: Trace = None,
    no_trace: NoTrace = False,
    save_stopped: SaveStopped = None,
    planner: Planner = None,
    llm_url: LlmUrl = None,
    llm_model: LlmModel = None,
    print_config: PrintConfig = False,
) -> None:
    """Carry out a task.

    Exit code 0: every episode was done and verified. 1: not. 2: bad input.
    """
    from app.build import read_plan
    from app.llm_task import understood
    from app.provenance import settings_of_run
    from app.run_command import carry_out, check_outputs

    with _one_line_for_bad_input():
        options = _options(
            seed=seed,
            episodes=episodes,
            scene=scene,
            robot=robot,
            backend=backend,
            policies=policies,
            script=script,
            realtime=view or None,
            planner=planner,
            llm_url=llm_url,
            llm_model=llm_model,
            parameters=read_parameters(param),
        )
        plan = read_plan(request, options)
        if print_config:
            _print_lines(settings_of_run(plan, request))
            return
        outputs = _outputs(
            view=view,
            video=video,
            record=record,
            json=json,
            trace=trace,
            no_trace=no_trace,
            save_stopped=save_stopped,
        )
        check_outputs(plan, outputs)
        if options.planner == "llm":
            _print_lines(understood(plan.task))
        code = carry_out(plan, outputs, Console())
    raise typer.Exit(code)


@app.command()
def resume(
    file: Annotated[Path, typer.Argument(help="What `praxis run` wrote.")],
    view: View = False,
    video: Video = None,
    record: Record = None,
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

    with _one_line_for_bad_input():
        plan = read_stopped(file, realtime=view)
        outputs = _outputs(
            view=view,
            video=video,
            record=record,
            json=json,
            trace=trace,
            no_trace=no_trace,
            save_stopped=save_stopped,
        )
        check_outputs(plan, outputs)
        typer.echo(f"going on with: {plan.task.text}")
        code = carry_out(plan, outputs, Console())
    raise typer.Exit(code)


@app.command()
def tree(
    request: Request,
    param: Param = None,
    seed: Seed = None,
    scene: Scene = None,
    robot: Robot = None,
    policies: Policies = None,
    planner: Planner = None,
    llm_url: LlmUrl = None,
    llm_model: LlmModel = None,
    svg: Annotated[Path | None, typer.Option(help="Write a picture of it.")] = None,
    dot: Annotated[Path | None, typer.Option(help="Write it for graphviz.")] = None,
) -> None:
    """Show the behaviour tree of a task without carrying it out."""
    from app.build import read_plan
    from app.show import show_tree

    with _one_line_for_bad_input():
        options = _options(
            seed=seed,
            scene=scene,
            robot=robot,
            policies=policies,
            planner=planner,
            llm_url=llm_url,
            llm_model=llm_model,
            parameters=read_parameters(param),
        )
        show_tree(read_plan(request, options), Console(), svg=svg, dot=dot)


@app.command()
def explain(
    trace: Annotated[Path, typer.Argument(help="What `praxis run` wrote.")],
    episode: Annotated[
        int | None, typer.Option(help="Only this one; the first is 1.")
    ] = None,
) -> None:
    """Tell in sentences what happened in a run, and why."""
    from app.explain import explain

    with _one_line_for_bad_input():
        explain(trace, typer.echo, episode)


@app.command()
def scenario(
    name: Annotated[
        str,
        typer.Argument(help="One that ships, a YAML file, 'all', or 'list'."),
    ],
    episodes: Annotated[
        int, typer.Option(help="How many of each, with consecutive seeds.")
    ] = 20,
    seed: Seed = None,
    backend: Backend = None,
    policies: Policies = None,
    json: Annotated[Path | None, typer.Option(help="Write the results.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Write what happened.")] = None,
) -> None:
    """Disturb the robot while it carries out a task, and mark its answers.

    Exit code 0: every episode was run, and no success was contradicted by the physics.
    1: not. 2: bad input.
    """
    from app.scenario_command import carry_out_trials, list_scenarios, read_trials

    with _one_line_for_bad_input():
        if name == "list":
            list_scenarios(Console())
            return
        options = _options(
            episodes=episodes, seed=seed, backend=backend, policies=policies
        )
        trials = read_trials(name, options)
        code = carry_out_trials(trials, Console(), json=json, trace=trace)
    raise typer.Exit(code)


@app.command()
def skills(robot: Robot = None, policies: Policies = None) -> None:
    """List the skills and what they want to be told."""
    from app.show import show_skills

    with _one_line_for_bad_input():
        show_skills(_options(robot=robot, policies=policies), Console())


@policy_app.command("show")
def policy_show(file: Annotated[Path, typer.Argument(help="An ONNX file.")]) -> None:
    """Show what a policy file says about itself."""
    from app.show import show_policy

    with _one_line_for_bad_input():
        show_policy(file, Console())


@task_app.command("check")
def task_check(
    file: Annotated[str, typer.Argument(help="A path, or the name of one that ships.")],
    param: Param = None,
    scene: Scene = None,
    robot: Robot = None,
) -> None:
    """Check a task file against the skills and a scene."""
    from app.task_command import check_file

    with _one_line_for_bad_input():
        parameters = read_parameters(param)
        options = _options(scene=scene, robot=robot, parameters=parameters)
        check_file(file, options, Console())


@task_app.command("list")
def task_list() -> None:
    """List the task files that ship."""
    from app.task_command import list_shipped

    with _one_line_for_bad_input():
        list_shipped(Console())


@task_app.command("schema")
def task_schema(
    out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Show the JSON Schema of task files."""
    from app.task_command import publish_schema

    with _one_line_for_bad_input():
        publish_schema(out, Console())


@model_app.command("skills")
def model_skills(
    episodes: Annotated[
        int | None, typer.Option(help="How many the model is to hold; 60 by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the first episode.")] = 1000,
    out: Annotated[
        Path | None, typer.Option(help="File; configs/models/skills.json by default.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew instead of going on.")
    ] = False,
    scene: Scene = None,
    robot: Robot = None,
    backend: Backend = None,
    policies: Policies = None,
) -> None:
    """Measure how the skills end, how long they take and what they change."""
    from app.model_command import EPISODES, measure_skills
    from skills.selector.model_file import MODEL_FILE

    with _one_line_for_bad_input():
        options = _options(
            episodes=EPISODES if episodes is None else episodes,
            seed=seed,
            scene=scene,
            robot=robot,
            backend=backend,
            policies=policies,
        )
        measure_skills(options, Console(), path=out or MODEL_FILE, fresh=fresh)


@app.command()
def parity(
    backend: Annotated[
        str, typer.Option(help="The engine to compare with MuJoCo.")
    ] = "isaaclab",
    states: Annotated[int, typer.Option(help="How many random ones.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the states.")] = 0,
    robot: Robot = None,
    policies: Policies = None,
    json: Json = None,
) -> None:
    """Show whether another engine gives the policies the same robot as MuJoCo."""
    from app.parity_command import show_parity
    from app.report import check_writable

    with _one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        agree = show_parity(
            backend,
            Console(),
            robot=_options(robot=robot).robot,
            states=states,
            seed=seed,
            policies=policies,
            output=json,
        )
    if not agree:
        raise typer.Exit(FAILED)


@app.command()
def compare(
    backend: Annotated[
        str, typer.Option(help="The engine to compare with MuJoCo.")
    ] = "isaaclab",
    robot: Robot = None,
    policies: Policies = None,
    json: Json = None,
) -> None:
    """Measure the same policies on MuJoCo and on another engine."""
    from app.report import check_writable

    with _one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        with _training_is_installed():
            from app.compare_command import compare_engines
        compare_engines(
            backend,
            Console(),
            robot=_options(robot=robot).robot,
            policies=policies,
            output=json,
        )


@export_app.command("usd")
def export_usd(
    robot: Robot = None,
    scene: Scene = None,
    seed: Seed = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder; the user's cache by default.")
    ] = None,
) -> None:
    """Write the robot and a scene as USD, for Isaac Lab and others.

    Files in the cache are named by their content and written anew when it changes.
    """
    from app.export_command import export_usd

    with _one_line_for_bad_input():
        export_usd(_options(robot=robot, scene=scene, seed=seed), typer.echo, out=out)


@app.command()
def train(
    skill: Skill,
    steps: Annotated[int | None, typer.Option(help="Of all robots together.")] = None,
    algo: Annotated[
        str | None, typer.Option(help="For the selector: dqn, ppo or a2c.")
    ] = None,
    seed: Seed = None,
    num_envs: Annotated[
        int | None, typer.Option(help="Robots that are simulated at once.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint.")
    ] = False,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run; runs/SKILL by default.")
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("-o", metavar="KEY=VALUE", help="Change a setting; repeatable."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="mujoco, or isaaclab where it is installed.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Of Isaac Lab and the learner: cpu, cuda ...")
    ] = None,
    physics: Annotated[
        str | None, typer.Option(help="Of Isaac Lab: newton or physx.")
    ] = None,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="One of several, started by torchrun.")
    ] = False,
    print_config: PrintConfig = False,
) -> None:
    """Train the policy of a skill."""
    from app.provenance import settings_of_training

    envs = "num_envs" if skill == "selector" else "ppo.num_envs"
    given = {"total_steps": steps, "seed": seed, envs: num_envs, "algorithm": algo}
    overrides = [f"{key}={value}" for key, value in given.items() if value is not None]
    overrides += override or []
    with _one_line_for_bad_input():
        settings = list(settings_of_training(skill, overrides))
        if print_config:
            _print_lines(settings)
            return
        folder = run or Path("runs") / skill
        with _training_is_installed():
            from skills.training.engines import Engine
            from skills.training.run import train_skill
            from skills.training.selector_run import train_selector
            from skills.training.workers import Workers, workers_of_environment
        try:
            if skill == "selector":
                train_selector(overrides, folder, resume=resume, console=Console())
                return
            train_skill(
                skill,
                overrides,
                folder,
                resume=resume,
                console=Console(),
                engine=Engine(
                    name=engine or "mujoco", device=device or "cpu", physics=physics
                ),
                workers=workers_of_environment() if distributed else Workers(),
            )
        except (OSError, FloatingPointError) as error:
            _complain(str(error))
            raise typer.Exit(FAILED) from None


@app.command()
def evaluate(
    skill: Skill,
    episodes: Annotated[int | None, typer.Option(help="How many.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures.")] = None,
    policies: Policies = None,
) -> None:
    """Measure how good the policy of a skill is."""
    from app.report import check_writable

    with _one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        if skill == "selector":
            from app.selector_command import EPISODES, evaluate_selector

            options = _options(
                seed=seed,
                episodes=EPISODES if episodes is None else episodes,
                policies=policies,
            )
            evaluate_selector(options, Console(), json_path=json)
            return
        with _training_is_installed():
            from skills.training.evaluate import evaluate_skill
        evaluate_skill(
            skill,
            episodes=episodes,
            seed=seed,
            json_path=json,
            console=Console(),
            policy_dir=policies,
        )


def main() -> None:
    """Run the command line; also a wrong option is one line."""
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        # Typer brings its own copy of click, so its classes have no public name.
        tell = getattr(error, "format_message", None)
        if tell is None:
            raise
        _complain(tell())
        sys.exit(BAD_INPUT)
    sys.exit(code if isinstance(code, int) else 0)


def _options(**given: Any) -> RunOptions:
    """Return the options of a run; what was not given keeps its default."""
    data: Mapping[str, Any] = {k: v for k, v in given.items() if v is not None}
    return parse(RunOptions, dict(data), "command line")


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


@contextmanager
def _one_line_for_bad_input() -> Iterator[None]:
    from app.video_gl import VideoError

    try:
        yield
    except (
        ConfigError,
        GoalError,
        LanguageError,
        LlmError,
        PolicyMismatch,
        VideoError,
    ) as error:
        _complain(str(error))
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def _training_is_installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in OURS:
            raise
        raise ConfigError(
            f"training needs {missing}, which is not installed. "
            "Install it: pip install 'praxis[train]'."
        ) from None


def _complain(text: str) -> None:
    typer.echo(f"praxis: {' '.join(text.split())}", err=True)


def _print_lines(lines: Iterator[object] | list[Any]) -> None:
    for line in lines:
        typer.echo(str(line))


if __name__ == "__main__":
    main()
