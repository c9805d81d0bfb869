"""Grasping and a whole task, as `praxis prove` measures them on a hidden robot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.build import build, plan_for
from app.control_loop import Episode
from app.options import RunOptions
from app.prove.stages import Method
from configs.loader import load_scene
from configs.schema import RobotConfig, SceneConfig
from planners.language import parse_task
from planners.vocabulary import Vocabulary
from sim2real.adaptation.calibrated_backend import calibrated
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import RobotBackend
from sim2real.robot_parameters import RobotParameters
from skills.contract import GoalError, Skill
from skills.library import make_skills, skill_arguments

HEAVY_CUP = 0.5  # [kg]
TASKS = {
    "grasp": ("tabletop", "grasp cup"),
    "task": ("kitchen", "walk to table and grasp cup"),
}

Result = dict[str, Any]


def task(
    name: str,
    robot: RobotConfig,
    parameters: RobotParameters,
    method: Method,
    seed: int,
    *,
    heavy_cup: bool,
) -> Result:
    """Carry out one of `TASKS` once, in the control loop that robots run."""
    scene_name, sentence = TASKS[name]
    scene = load_scene(scene_name)
    if heavy_cup:
        scene = with_heavy_cup(scene)
    words = parse_task(sentence, Vocabulary.of_scene(scene, skill_arguments()))
    options = RunOptions.model_validate({"seed": seed, "scene": scene_name})
    plan = replace(plan_for(words, options), robot=robot, scene=scene)
    assembly = build(plan, alter=_Swap(robot, scene, parameters, method))
    assembly = replace(assembly, adapter=method.adapter)
    try:
        result = Episode(assembly, seed).run()
    except GoalError as error:
        return {"success": False, "failure": "goal", "sentence": str(error)}
    finally:
        assembly.backend.close()
    return {
        "success": result.verified,
        "failure": result.failure.value if result.failure else None,
        "sentence": result.sentence,
        "duration_s": round(result.duration_s, 2),
    }


class _Swap:
    """Puts the hidden robot and the stage's policies into a run that is being built."""

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        parameters: RobotParameters,
        method: Method,
    ) -> None:
        backend = MujocoBackend(robot, scene, parameters=parameters)
        self._backend: RobotBackend = calibrated(backend, method.known)
        self._skills = make_skills(
            robot, method.policies, adaptive=method.adaptive, files=method.files
        )

    def backend(self, backend: RobotBackend) -> RobotBackend:
        return self._backend

    def skills(self, skills: dict[str, Skill]) -> dict[str, Skill]:
        return self._skills


def with_heavy_cup(scene: SceneConfig) -> SceneConfig:
    """Return the scene with a cup of 0.5 kg."""
    things = tuple(
        thing.model_copy(update={"mass": HEAVY_CUP}) if thing.kind == "cup" else thing
        for thing in scene.objects
    )
    return scene.model_copy(update={"objects": things})
