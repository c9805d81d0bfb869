"""Imports go one way, and heavy libraries stay in the files they belong to."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FOLDERS = ("app", "planners", "skills", "sim2real", "configs")
"""A folder imports only itself and the folders to its right."""

# `*` stands for any text, slashes included.
ROS_FILES = (
    "app/ros/declare.py",
    "app/ros/diagnostics.py",
    "app/ros/node.py",
    "app/ros/policy_steps.py",
    "app/ros/reports.py",
    "app/ros/task_action.py",
    "app/ros/virtual_robot.py",
    "app/ros/virtual_topics.py",
    "sim2real/ros2/link.py",
    "sim2real/ros2/qos.py",
    "sim2real/unitree/ros2_bridge.py",
)
"""Files that need ROS 2; all others are tested without it."""

ONLY_IN = {
    "torch": ("skills/training/*", "sim2real/isaaclab/*"),
    "tensordict": ("skills/training/*",),
    "rsl_rl": ("skills/training/*",),
    "gymnasium": ("skills/training/*",),
    "stable_baselines3": ("skills/training/*",),
    "mujoco": (
        "sim2real/mujoco_*.py",
        "sim2real/identification/*",
        "sim2real/backends/mujoco_*.py",
        "sim2real/usd/*",
        "sim2real/isaaclab/mirror.py",
        "sim2real/isaaclab/newton_one_robot.py",
        "skills/training/*",
        "app/video*.py",
    ),
    "pxr": (
        "sim2real/usd/*",
        "sim2real/isaaclab/ground.py",
        "skills/training/isaaclab_*.py",
    ),
    "viser": ("app/viewer.py",),
    "rclpy": ROS_FILES,
    "praxis_msgs": ROS_FILES,
    "sensor_msgs": ROS_FILES,
    "rcl_interfaces": ROS_FILES,
    "unitree_hg": ("sim2real/unitree/ros2_bridge.py",),
    "unitree_api": ("sim2real/unitree/ros2_bridge.py",),
    "mcap": ("sim2real/robot_log/*",),
    "mcap_ros2": ("sim2real/robot_log/*",),
    "isaaclab": ("sim2real/isaaclab/*", "skills/training/isaaclab_*.py"),
    "isaaclab_newton": ("sim2real/isaaclab/*", "skills/training/isaaclab_*.py"),
    "isaaclab_physx": ("sim2real/isaaclab/*",),
    "isaaclab_rl": ("skills/training/isaaclab_*.py",),
    "isaaclab_tasks": ("skills/training/isaaclab_*.py",),
    "tests": (),
}

RUN_TIME_OF_SKILLS = {
    "array_api_compat",
    "numpy",
    "onnxruntime",
    "pydantic",
    "yaml",
}
"""All that a robot's computer needs beside Python to run a skill."""

HEAVY = (
    "gymnasium",
    "isaaclab",
    "mujoco",
    "pxr",
    "rclpy",
    "rsl_rl",
    "stable_baselines3",
    "torch",
    "viser",
)


def imported_modules(source: str, package: str) -> Iterator[str]:
    """Yield the full name of every module that a file in `package` imports."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=0) if module:
                yield module
            case ast.ImportFrom(module=module, level=level):
                parts = package.split(".")
                parents = parts[: len(parts) + 1 - level]
                yield ".".join([*parents, *([module] if module else [])])
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield module


def source_files(root: Path) -> list[Path]:
    return sorted(path for name in FOLDERS for path in (root / name).rglob("*.py"))


def imports_of(root: Path, path: Path) -> set[str]:
    """Return the top-level names that a file imports."""
    package = ".".join(path.relative_to(root).parent.parts)
    source = path.read_text(encoding="utf-8")
    return {name.partition(".")[0] for name in imported_modules(source, package)}


def wrong_imports(root: Path) -> list[str]:
    """Return one sentence for every import that breaks the rules."""
    found = []
    for path in source_files(root):
        name = path.relative_to(root).as_posix()
        place = FOLDERS.index(name.partition("/")[0])
        for module in sorted(imports_of(root, path)):
            if module in FOLDERS[:place]:
                allowed = ", ".join(FOLDERS[place:])
                found.append(f"{name} imports {module}; it may import {allowed}")
            allowed_files = ONLY_IN.get(module, (name,))
            if not any(fnmatch(name, pattern) for pattern in allowed_files):
                where = ", ".join(allowed_files) or "nowhere"
                found.append(f"{name} imports {module}, allowed in {where}")
    return found


def test_imports_go_one_way_and_heavy_libraries_stay_where_they_belong() -> None:
    assert wrong_imports(ROOT) == []


@pytest.mark.parametrize(
    ("file", "source", "sentence"),
    [
        (
            "sim2real/robot.py",
            "from skills.contract import Skill",
            "sim2real/robot.py imports skills; it may import sim2real, configs",
        ),
        (
            "skills/walk.py",
            "def f():\n    import torch.nn as nn",
            "skills/walk.py imports torch, allowed in skills/training/*, "
            "sim2real/isaaclab/*",
        ),
        (
            "app/build.py",
            "from importlib import import_module\nimport_module('viser')",
            "app/build.py imports viser, allowed in app/viewer.py",
        ),
        (
            "planners/planner.py",
            "from tests.conftest import robot",
            "planners/planner.py imports tests, allowed in nowhere",
        ),
    ],
)
def test_a_wrong_import_is_found(
    tmp_path: Path, file: str, source: str, sentence: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert wrong_imports(tmp_path) == [sentence]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("skills/training/ppo.py", "import torch"),
        ("skills/walk.py", "from . import contract\nfrom sim2real import robot"),
        ("sim2real/backends/mujoco_backend.py", "import mujoco"),
        ("app/cli.py", "import planners.planner, configs.loader"),
    ],
)
def test_a_right_import_is_not(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert wrong_imports(tmp_path) == []


def test_relative_imports_are_read_as_full_names() -> None:
    source = "from . import a\nfrom .b import c\nfrom .. import d\nfrom ..e import f"
    assert list(imported_modules(source, "sim2real.backends")) == [
        "sim2real.backends",
        "sim2real.backends.b",
        "sim2real",
        "sim2real.e",
    ]


def run_time_modules(folder: str) -> list[str]:
    """Return every module under a folder, except training's."""
    names = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[:2] != ("skills", "training"):
            names.append(".".join(p for p in parts if p != "__init__"))
    return names


def test_a_skill_needs_five_libraries() -> None:
    ours_and_pythons = {*FOLDERS, *sys.stdlib_module_names}
    for module in run_time_modules("skills"):
        path = ROOT / (module.replace(".", "/") + ".py")
        if not path.exists():
            path = ROOT / module.replace(".", "/") / "__init__.py"
        others = imports_of(ROOT, path) - ours_and_pythons
        assert others <= RUN_TIME_OF_SKILLS, f"{module} imports {sorted(others)}"


@pytest.mark.parametrize("folder", ["skills", "planners"])
def test_a_fresh_interpreter_imports_no_heavy_library(folder: str) -> None:
    program = (
        "import importlib, sys\n"
        f"for name in {run_time_modules(folder)}: importlib.import_module(name)\n"
        f"print(*sorted(set({HEAVY}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
