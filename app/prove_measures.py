"""What `praxis prove` measures on a robot: walking, pushes, grasps, a whole task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from app.build import build, plan_for
from app.control_loop import Episode
from app.options import RunOptions
from app.prove_stages import Method
from configs.loader import load_scene
from configs.schema import RobotConfig, SceneConfig
from planners.language import parse_task
from planners.vocabulary import Vocabulary
from sim2real.adaptation.adapted_backend import AdaptedBackend
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import BackendError, RobotBackend
from sim2real.robot_parameters import RobotParameters
from skills.balance import Balance
from skills.contract import GoalError, Skill
from skills.library import ADAPTIVE, make_skills, policy_path, skill_arguments
from skills.policy import Policy
from skills.training.evaluate_legs import COMMAND_BOX, PUSH_DIRECTIONS, smooth
from skills.training.trial import LegTrial, heading_velocity

STAND_S = 2.0  # before the first command, as a robot that was just switched on [s]
COMMANDS, COMMAND_S = 10, 5.0
SETTLED = 100  # the last ticks of a command, which count
PUSH_SPEED, PUSH_WAIT_S, PUSH_AFTER_S = 0.8, 3.0, 4.0  # [m/s], [s], [s]
HEAVY_CUP = 0.5  # [kg]
TASKS = {
    "grasp": ("tabletop", "grasp cup"),
    "task": ("kitchen", "walk to table and grasp cup"),
}
MEASURES = ("walk", "pushes", *TASKS)

Result = dict[str, Any]


def walking(
    robot: RobotConfig, parameters: RobotParameters, method: Method, seed: int
) -> Result:
    """Walk random commands from a standing start.

    The error is that of the settled velocity [m/s] and turn rate [rad/s], over all
    commands; a command during which the robot falls counts as if it had not moved.
    """
    folder = method.policies
    adaptive = policy_path(f"walk{ADAPTIVE}", folder)
    use = method.adaptive and adaptive.is_file()
    path = adaptive if use else policy_path("walk", folder)
    backend = _adapted(robot, load_scene("empty"), parameters, method)
    rng = np.random.default_rng([seed, 6])
    linear, turning, falls = [], [], 0
    trial: LegTrial | None = None
    for number in range(COMMANDS):
        vx, vy, wz = (float(rng.uniform(*box)) for box in COMMAND_BOX)
        if trial is None:
            policy = Policy.load(path, robot)
            trial = LegTrial(robot, backend, policy, 1000 * seed + number)
            trial.run(STAND_S, (0.0, 0.0, 0.0))
        velocity, fell = _walked(trial, backend, (vx, vy, wz))
        if fell:
            falls, trial = falls + 1, None
            linear.append(float(np.hypot(vx, vy)))
            turning.append(abs(wz))
            continue
        error = np.abs(velocity - np.array([vx, vy, wz]))
        linear.append(float(np.hypot(error[:, 0], error[:, 1]).mean()))
        turning.append(float(error[:, 2].mean()))
    return {
        "commands": COMMANDS,
        "falls": falls,
        "velocity_error_m_s": round(float(np.mean(linear)), 4),
        "turn_error_rad_s": round(float(np.mean(turning)), 4),
    }


def _walked(trial: LegTrial, backend: Any, command: Any) -> tuple[Any, bool]:
    """Return the true settled velocities (100, 3), and whether it fell."""
    velocities = []
    for _ in range(round(COMMAND_S / backend.control_dt)):
        try:
            sample = trial.step(command)
        except BackendError:
            return None, True
        velocities.append(heading_velocity(backend.true_state()))
        if sample.fallen:
            return None, True
    return smooth(np.array(velocities))[-SETTLED:], False


def pushes(
    robot: RobotConfig, parameters: RobotParameters, method: Method, seed: int
) -> Result:
    """Push the standing robot from eight sides; it may step."""
    balance = make_skills(robot, method.policies, adaptive=method.adaptive)["balance"]
    assert isinstance(balance, Balance)
    backend = _adapted(robot, load_scene("empty"), parameters, method)
    falls = 0
    for number, direction in enumerate(PUSH_DIRECTIONS):
        trial = LegTrial(robot, backend, balance, 1000 * seed + number)
        try:
            stood = not trial.run(PUSH_WAIT_S, (0.0, 0.0, 0.0))[-1].fallen
            if stood:
                trial.push(PUSH_SPEED, direction)
                stood = not trial.run(PUSH_AFTER_S, (0.0, 0.0, 0.0))[-1].fallen
        except BackendError:
            stood = False
        falls += not stood
    return {"pushes": len(PUSH_DIRECTIONS), "falls": falls}


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
        self._backend = MujocoBackend(robot, scene, parameters=parameters)
        self._skills = make_skills(robot, method.policies, adaptive=method.adaptive)

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


def _adapted(
    robot: RobotConfig, scene: SceneConfig, parameters: RobotParameters, method: Method
) -> Any:
    backend = MujocoBackend(robot, scene, parameters=parameters)
    return AdaptedBackend(backend, method.adapter)


Measure = Callable[[RobotConfig, RobotParameters, Method, int], Result]
OF_LEGS: dict[str, Measure] = {"walk": walking, "pushes": pushes}
