"""Put a run together: the only file that names concrete classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from app.control_loop import Assembly
from app.llm_task import check_llm_options, read_with_llm
from app.options import RunOptions, backend_options
from app.truth import Physics, Witness
from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig, SceneConfig
from planners.language import parse_task
from planners.learned import LearnedPlanner
from planners.planner import Planner
from planners.recovery import Budget
from planners.task import Step, Task
from planners.task_file import TASK_DIR, load_task
from planners.vocabulary import Vocabulary
from sim2real.adaptation.adapter import Adapter
from sim2real.adaptation.calibrated_backend import calibrated
from sim2real.adaptation.choice import make_adapter
from sim2real.adaptation.known_file import known_robot
from sim2real.backends import make_backend
from sim2real.chosen_robot import choose_robot
from sim2real.guard import Guard, GuardConfig
from sim2real.hazards import WatchdogConfig
from sim2real.health import Health
from sim2real.robot import RobotBackend
from sim2real.robot_parameters import RobotParameters
from sim2real.safety import SafetyFilter
from skills.contract import Skill, Snapshot
from skills.library import (
    POLICY_DIR,
    adaptive_skills,
    make_skills,
    policy_path,
    skill_arguments,
)
from skills.predicates import Hands
from skills.rehearsal import make_rehearsal
from skills.rehearsal_script import Mishaps, follow, read_script
from skills.rehearsal_stage import Stage
from skills.runner import SkillRunner
from skills.selector.policy import SelectorPolicy

if TYPE_CHECKING:
    from app.drawing import Drawing

HAND_SKILLS = ("grasp", "manipulate")
SIMULATED = ("mujoco", "isaaclab")  # backends that tell the truth


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run was asked for, read and checked, before anything is built."""

    options: RunOptions
    robot: RobotConfig
    scene: SceneConfig
    task: Task
    progress: Mapping[str, Any] | None = None  # of an earlier run, to go on from


class Alteration(Protocol):
    """Changes a run that is being built, as a fault does."""

    def backend(self, backend: RobotBackend) -> RobotBackend:
        """Return what the run is to take for its backend."""

    def skills(self, skills: dict[str, Skill]) -> dict[str, Skill]:
        """Return what the run is to take for its skills."""


def read_plan(request: str, options: RunOptions) -> Plan:
    """Read robot, scene and task.

    Args:
        request: a sentence, the path of a task file, or the name of one that ships.
        options: of the run.

    Raises:
        ConfigError: if a file cannot be used, or the robot lacks the hands for it.
        LanguageError: if the sentence is not understood.
        LlmError: if no task comes of `--planner llm`.
    """
    check_llm_options(options)
    _check_parameters(request, options)
    _check_script(options)
    _check_robot_parameters(options)
    robot, scene = load_robot(options.robot), load_scene(options.scene)
    known_of(options, robot)
    if options.planner == "llm":
        task = _ask_llm(request, options, robot, scene)
    else:
        task = _read_task(request, options, scene)
    _check_hands(task, robot)
    return Plan(options=options, robot=robot, scene=scene, task=task)


def read_task(
    request: str, options: RunOptions, robot: RobotConfig, scene: SceneConfig
) -> Task:
    """Read a task for a robot and a scene that are there already; it is quick.

    Raises:
        ConfigError: if a file cannot be used, or the robot lacks the hands for it.
        LanguageError: if the sentence is not understood.
    """
    task = _read_task(request, options, scene)
    _check_hands(task, robot)
    return task


def plan_for(
    task: Task, options: RunOptions, progress: Mapping[str, Any] | None = None
) -> Plan:
    """Read robot and scene for a task that is there already.

    Raises:
        ConfigError: if a file cannot be used, or the robot lacks the hands for it.
    """
    robot, scene = load_robot(options.robot), load_scene(options.scene)
    _check_hands(task, robot)
    return Plan(options=options, robot=robot, scene=scene, task=task, progress=progress)


def task_file(request: str) -> str | None:
    """Return what `load_task` should read, or None if the request is a sentence."""
    if request.endswith((".yaml", ".yml")):
        return request
    shipped = request.isidentifier() and (TASK_DIR / f"{request}.yaml").is_file()
    return request if shipped else None


def _check_parameters(request: str, options: RunOptions) -> None:
    if options.parameters and task_file(request) is None:
        raise ConfigError(
            f"-p {next(iter(options.parameters))}=... is for task files, "
            f"'{request}' is none. Name a task file, or drop -p."
        )


def _check_script(options: RunOptions) -> None:
    if options.script is not None and options.backend != "fake":
        raise ConfigError(
            f"--script rehearses failures on a robot that pretends, not on "
            f"{options.backend}. Add --backend fake, or drop --script."
        )


def _check_hands(task: Task, robot: RobotConfig) -> None:
    for step in task.leaves:
        needs = isinstance(step, Step) and step.skill in HAND_SKILLS
        if needs and not robot.has_hands:
            raise ConfigError(
                f"{step} needs a hand, robot {robot.name} has none. Choose a robot "
                "with hands (--robot g1_dex3), or a task without grasping."
            )


def _check_robot_parameters(options: RunOptions) -> None:
    if options.robot_parameters is not None and options.backend != "mujoco":
        raise ConfigError(
            f"--robot-parameters {options.robot_parameters} is for the mujoco backend, "
            f"not for {options.backend}. Drop one of them."
        )


def _concrete(options: RunOptions, robot: RobotConfig) -> dict[str, Any]:
    """Return what the backend is to be told about this very robot."""
    parameters = choose_robot(options.robot_parameters, robot)
    return {} if parameters is None else {"parameters": parameters}


def _ask_llm(
    request: str, options: RunOptions, robot: RobotConfig, scene: SceneConfig
) -> Task:
    """Return what a model makes of a sentence, once a tree can be built of it."""
    if task_file(request) is not None:
        raise ConfigError(
            f"--planner llm reads a sentence, {request} is a task file. "
            "Drop --planner llm."
        )
    backend = make_backend("fake", robot, scene)
    skills, _ = skills_to_show(robot, options, cast(Stage, backend))
    runner = SkillRunner(robot, skills)
    state = backend.reset(options.seed)
    snapshot = Snapshot(state=state, objects=backend.objects())

    def check(task: Task) -> None:
        _check_hands(task, robot)
        Planner(task, runner, snapshot, Budget(time_s=options.time_limit_s))

    return read_with_llm(request, options, snapshot.objects, skills, check)


def _read_task(request: str, options: RunOptions, scene: SceneConfig) -> Task:
    file = task_file(request)
    if file is not None:
        return load_task(file, options.parameters)
    return parse_task(request, Vocabulary.of_scene(scene, skill_arguments()))


def build(
    plan: Plan,
    ask_to_stop: Callable[[], None] = lambda: None,
    alter: Alteration | None = None,
) -> Assembly:
    """Build everything that the plan needs.

    Args:
        plan: what was asked for.
        ask_to_stop: what a script calls where it has the operator stop the robot.
        alter: changes backend and skills.

    Raises:
        ConfigError: if the script of a rehearsal is not understood, or there is no
            such concrete robot.
        PolicyMismatch: if a policy is missing or does not fit the robot.
    """
    options, robot = plan.options, plan.robot
    backend = make_backend(
        options.backend,
        robot,
        plan.scene,
        **backend_options(options),
        **_concrete(options, robot),
    )
    known = known_of(options, robot)
    backend = calibrated(backend, known)
    if options.backend == "fake":
        skills = make_rehearsal(robot, cast(Stage, backend))
    else:
        adaptive = options.adapt in ("module", "all")
        if options.adapt == "module":
            _check_adaptive(options.policies)
        skills = make_skills(robot, options.policies, adaptive=adaptive)
    if options.script is not None:
        skills = follow(
            read_script(options.script, skills),
            skills,
            stage=cast(Mishaps, backend),
            hands=Hands(robot),
            trip=lambda failure, text: runner.trip(failure, text),
            stop=ask_to_stop,
        )
    if alter is not None:
        backend, skills = alter.backend(backend), alter.skills(skills)
    runner = SkillRunner(robot, skills)
    guard = Guard(robot, backend.control_dt, guard_config(options.backend))
    return Assembly(
        task=plan.task,
        backend=backend,
        runner=runner,
        safety=SafetyFilter(robot, backend.control_dt, guard=guard),
        witness=_witness(options.backend, backend),
        budget=Budget(time_s=options.time_limit_s),
        planner_every=options.planner_every,
        known=frozenset(thing.name for thing in plan.scene.objects),
        progress=plan.progress,
        make_planner=_planner(options, robot),
        adapter=_adapter(options, robot, backend, known),
        health=getattr(backend, "health", Health),
        compute_clock=getattr(backend, "compute_clock", None),
    )


def guard_config(backend: str) -> GuardConfig:
    """Return the limits for a backend; a robot that pretends feels nothing."""
    if backend != "fake":
        return GuardConfig()
    senseless = WatchdogConfig(
        frozen_imu_ticks=0, imu_jump=0.0, dead_motor_ticks=0, contact_lost_s=0.0
    )
    # Nor does it fall: its joints go where they are told, whatever stands on them.
    return GuardConfig(watchdogs=senseless, lost_point=inf, lost_tilt=inf)


def _check_adaptive(folder: Path | None) -> None:
    if not adaptive_skills(folder):
        raise ConfigError(
            f"--adapt module: there is no adaptive policy in {folder or POLICY_DIR}. "
            "Train one (docs/adaptation.md), or choose --adapt estimator."
        )


def known_of(options: RunOptions, robot: RobotConfig) -> RobotParameters | None:
    """Return what was identified of the robot of a run, if a file is named.

    Raises:
        ConfigError: if it cannot be used.
    """
    if options.identified is not None and options.backend == "fake":
        raise ConfigError(
            f"--identified {options.identified} is for a robot that moves, --backend "
            "fake only pretends. Drop one of them."
        )
    return known_robot(options.identified, robot, options.robot_parameters)


def _adapter(
    options: RunOptions,
    robot: RobotConfig,
    backend: RobotBackend,
    known: RobotParameters | None,
) -> Adapter:
    try:
        return make_adapter(options.adapt, robot, backend.control_dt, identified=known)
    except ValueError as error:
        raise ConfigError(f"--adapt {options.adapt}: {error}.") from None


def build_unpowered(plan: Plan) -> tuple[Assembly, bool]:
    """Build something to look at plans with: a robot that pretends, never stepped.

    Returns:
        The assembly, and whether its skills are rehearsal ones for want of policies.
    """
    backend = make_backend("fake", plan.robot, plan.scene)
    skills, rehearsed = skills_to_show(plan.robot, plan.options, cast(Stage, backend))
    assembly = Assembly(
        task=plan.task,
        backend=backend,
        runner=SkillRunner(plan.robot, skills),
        safety=SafetyFilter(plan.robot, backend.control_dt),
        witness=lambda: None,
        budget=Budget(time_s=plan.options.time_limit_s),
        planner_every=plan.options.planner_every,
        known=frozenset(thing.name for thing in plan.scene.objects),
    )
    return assembly, rehearsed


def skills_to_show(
    robot: RobotConfig, options: RunOptions, stage: Stage
) -> tuple[dict[str, Skill], bool]:
    """Return the real skills, or rehearsal ones and True where a policy is missing."""
    rehearsal = make_rehearsal(robot, stage)
    if all(policy_path(name, options.policies).is_file() for name in rehearsal):
        return make_skills(robot, options.policies), False
    return rehearsal, True


def _planner(options: RunOptions, robot: RobotConfig) -> Callable[..., Planner]:
    """Return what makes the planner of a run.

    Raises:
        PolicyMismatch: if the learned one is missing or does not fit the robot.
    """
    if options.planner != "learned":
        return Planner
    chooser = SelectorPolicy.load(policy_path("selector", options.policies), robot)
    return partial(LearnedPlanner, chooser=chooser)


def draw(assembly: Assembly, kind: str) -> Drawing:
    """Return the shapes of the present episode, for a viewer."""
    from app.drawing import ModelDrawing, SketchDrawing

    if kind in SIMULATED:
        physics = cast(Physics, assembly.backend)
        return ModelDrawing(physics.model, physics.data)
    return SketchDrawing(assembly.backend.robot, assembly.backend.objects())


def _witness(kind: str, backend: RobotBackend) -> Callable[[], Witness | None]:
    if kind in SIMULATED:
        return lambda: Witness(cast(Physics, backend))
    return lambda: None
