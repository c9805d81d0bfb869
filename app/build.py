"""Put a run together: the only file that names concrete classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from app.control_loop import Assembly
from app.options import RunOptions
from app.truth import Physics, Witness
from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig, SceneConfig
from planners.language import parse_task
from planners.recovery import Budget
from planners.task import TASK_DIR, Task, load_task
from planners.vocabulary import Vocabulary
from sim2real.backends import make_backend
from sim2real.robot import RobotBackend
from sim2real.safety import SafetyFilter
from skills.contract import Skill
from skills.library import make_skills, policy_path
from skills.rehearsal import make_rehearsal
from skills.rehearsal_stage import Stage
from skills.runner import SkillRunner

if TYPE_CHECKING:
    from app.drawing import Drawing

HAND_SKILLS = ("grasp", "manipulate")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run was asked for, read and checked, before anything is built."""

    options: RunOptions
    robot: RobotConfig
    scene: SceneConfig
    task: Task


def read_plan(request: str, options: RunOptions) -> Plan:
    """Read robot, scene and task.

    Args:
        request: a sentence, the path of a task file, or the name of one that ships.
        options: of the run.

    Raises:
        ConfigError: if a file cannot be used, or the robot lacks the hands for it.
        LanguageError: if the sentence is not understood.
    """
    robot, scene = load_robot(options.robot), load_scene(options.scene)
    task = _read_task(request, scene)
    for step in task.steps:
        if step.skill in HAND_SKILLS and not robot.has_hands:
            raise ConfigError(
                f"{step} needs a hand, robot {robot.name} has none. Choose a robot "
                "with hands (--robot g1_dex3), or a task without grasping."
            )
    return Plan(options=options, robot=robot, scene=scene, task=task)


def task_file(request: str) -> str | None:
    """Return what `load_task` should read, or None if the request is a sentence."""
    if request.endswith((".yaml", ".yml")):
        return request
    shipped = request.isidentifier() and (TASK_DIR / f"{request}.yaml").is_file()
    return request if shipped else None


def _read_task(request: str, scene: SceneConfig) -> Task:
    file = task_file(request)
    if file is not None:
        return load_task(file)
    return parse_task(request, Vocabulary.of_scene(scene))


def build(plan: Plan) -> Assembly:
    """Build everything that the plan needs.

    Raises:
        PolicyMismatch: if a policy is missing or does not fit the robot.
    """
    options, robot = plan.options, plan.robot
    backend = make_backend(
        options.backend, robot, plan.scene, realtime=options.realtime
    )
    if options.backend == "fake":
        skills = make_rehearsal(robot, cast(Stage, backend))
    else:
        skills = make_skills(robot, options.policies)
    return Assembly(
        task=plan.task,
        backend=backend,
        runner=SkillRunner(robot, skills),
        safety=SafetyFilter(robot, backend.control_dt),
        witness=_witness(options.backend, backend),
        budget=Budget(time_s=options.time_limit_s),
        planner_every=options.planner_every,
    )


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


def draw(assembly: Assembly, kind: str) -> Drawing:
    """Return the shapes of the present episode, for a viewer."""
    from app.drawing import ModelDrawing, SketchDrawing

    if kind == "mujoco":
        physics = cast(Physics, assembly.backend)
        return ModelDrawing(physics.model, physics.data)
    return SketchDrawing(assembly.backend.robot, assembly.backend.objects())


def _witness(kind: str, backend: RobotBackend) -> Callable[[], Witness | None]:
    if kind == "mujoco":
        return lambda: Witness(cast(Physics, backend))
    return lambda: None
