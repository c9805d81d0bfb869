"""Put together what a ROS node carries tasks out with; nothing here imports ROS."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.control_loop import Assembly
from app.options import RunOptions
from app.ros.parameters import robot_name
from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig, SceneConfig
from planners.learned import LearnedPlanner
from planners.planner import Planner
from planners.recovery import Budget
from planners.task import Step, Task
from sim2real.adaptation.calibrated_backend import calibrated
from sim2real.adaptation.choice import make_adapter
from sim2real.adaptation.known_file import known_robot
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.guard import Guard, GuardConfig
from sim2real.hazards import WatchdogConfig
from sim2real.safety import SafetyFilter
from skills.contract import Skill
from skills.drive import Drive
from skills.library import CONTROL_DT, POLICY_DIR, make_skills, policy_path
from skills.policy import Policy
from skills.policy_contract import read_contract
from skills.policy_network import Network
from skills.runner import SkillRunner
from skills.selector.policy import SelectorPolicy

NOBODY = Task(text="", items=(Step(skill="balance"),))
"""Stands where a task belongs; it is never carried out."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Parameters of the node, read."""

    values: Mapping[str, Any]
    robot: RobotConfig
    scene: SceneConfig
    options: RunOptions


def read_setting(values: Mapping[str, Any]) -> Setting:
    """Read the files that parameters name.

    Raises:
        ConfigError: if one cannot be used.
    """
    policies = values["policies"]
    options = RunOptions(
        robot=robot_name(values["robot"]),
        scene=values["scene"],
        seed=values["seed"],
        planner=values["planner"],
        adapt=values["adapt"],
        identified=values["identified"] or None,
        policies=Path(policies) if policies else None,
        planner_every=values["planner_every"],
        time_limit_s=values["time_limit_s"],
    )
    return Setting(
        values=values,
        robot=load_robot(options.robot),
        scene=load_scene(options.scene),
        options=options,
    )


def make_all_skills(
    setting: Setting, files: Mapping[str, str] | None = None
) -> dict[str, Skill]:
    """Return the skills by name, `drive` among them.

    Args:
        setting: robot and policies.
        files: other policy files, by skill.

    Raises:
        PolicyMismatch: if a policy is missing or does not fit the robot.
        ConfigError: if `files` names no skill, or no file.
    """
    robot, options = setting.robot, setting.options
    adaptive = options.adapt in ("module", "all")
    with tempfile.TemporaryDirectory(prefix="praxis_policies_") as folder:
        chosen = options.policies
        if files:
            chosen = _folder_of(files, options.policies or POLICY_DIR, Path(folder))
        skills = make_skills(robot, chosen, adaptive=adaptive)
        walk = Policy.load(policy_path("walk", chosen), robot, control_dt=CONTROL_DT)
    return {**skills, Drive.name: Drive(walk)}


def _folder_of(files: Mapping[str, str], others: Path, folder: Path) -> Path:
    """Fill a folder with links to the chosen policy files, and to the others."""
    for path in others.glob("*.onnx"):
        (folder / path.name).symlink_to(path.resolve())
    for skill, file in files.items():
        link, path = folder / f"{skill}.onnx", Path(file)
        if not link.exists():
            known = ", ".join(sorted(p.stem for p in others.glob("*.onnx")))
            raise ConfigError(f"there is no skill '{skill}' (known: {known}).")
        if not path.is_file():
            raise ConfigError(f"{file}: no such policy file on this computer.")
        trained = read_contract(Network(path).metadata(), path.name).skill
        if trained != skill:
            raise ConfigError(
                f"{file} is a policy of {trained}, not of {skill}. Name another one."
            )
        link.unlink()
        link.symlink_to(path.resolve())
    return folder


def make_assembly(
    setting: Setting, backend: Ros2Backend, skills: dict[str, Skill]
) -> Assembly:
    """Return what every task of the node is carried out with.

    Raises:
        ConfigError: if the adapter does not fit the robot, or what was identified is
            not to be found or of another one.
        PolicyMismatch: if the learned planner is missing or does not fit.
    """
    values, robot, options = setting.values, setting.robot, setting.options
    # Lock-step is for the very run of `praxis run`, in which nothing is ever late.
    live = not values["lockstep"]
    guard = None
    if values["guard"] and live:
        watchdogs = WatchdogConfig(heartbeat_s=values["heartbeat_timeout_s"])
        guard = Guard(robot, backend.control_dt, GuardConfig(watchdogs=watchdogs))
    known = known_robot(options.identified, robot)
    try:
        adapter = make_adapter(
            options.adapt, robot, backend.control_dt, identified=known
        )
    except ValueError as error:
        raise ConfigError(f"adapt {options.adapt}: {error}.") from None
    return Assembly(
        task=NOBODY,
        backend=calibrated(backend, known),
        runner=SkillRunner(robot, skills),
        safety=SafetyFilter(robot, backend.control_dt, guard=guard),
        witness=lambda: None,
        budget=Budget(time_s=options.time_limit_s),
        planner_every=options.planner_every,
        known=frozenset(thing.name for thing in setting.scene.objects),
        make_planner=_planner(setting),
        adapter=adapter,
        health=backend.health,
        compute_clock=backend.compute_clock,
    )


def _planner(setting: Setting) -> Any:
    from functools import partial

    options = setting.options
    if options.planner != "learned":
        return Planner
    path = policy_path("selector", options.policies)
    chooser = SelectorPolicy.load(path, setting.robot)
    return partial(LearnedPlanner, chooser=chooser)
