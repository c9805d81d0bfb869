"""The files that make the repository a ROS 2 package agree with the others."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.ros.node_parameters import NODE
from app.ros.parameters import VIRTUAL_ROBOT

ROOT = Path(__file__).parents[1]
INTERFACES = ROOT / "interfaces" / "praxis_msgs"


def field(package: Path, name: str) -> str:
    found = ElementTree.parse(package / "package.xml").getroot().findtext(name)
    assert found is not None
    return found


def test_names_and_versions_are_those_of_pyproject() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', pyproject, re.MULTILINE)
    assert version is not None
    for package, name in ((ROOT, "praxis"), (INTERFACES, "praxis_msgs")):
        assert field(package, "name") == name
        assert field(package, "version") == version[1]


def test_every_interface_is_built() -> None:
    listed = set(
        re.findall(
            r'"((?:msg|srv|action)/\w+\.\w+)"',
            (INTERFACES / "CMakeLists.txt").read_text(),
        )
    )
    there = {
        path.relative_to(INTERFACES).as_posix()
        for kind in ("msg", "srv", "action")
        for path in (INTERFACES / kind).iterdir()
    }
    assert listed == there


def test_programs_that_are_launched_are_installed() -> None:
    launch = (ROOT / "launch" / "deploy.launch.py").read_text(encoding="utf-8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    programs = re.findall(r'executable="(\w+)"', launch)
    assert "praxis_node" in programs
    for program in programs:
        assert re.search(rf"^{program} = ", pyproject, re.MULTILINE), program


@pytest.mark.parametrize("path", sorted((ROOT / "launch" / "params").glob("*.yaml")))
def test_parameter_files_name_parameters_that_exist(path: Path) -> None:
    import yaml

    nodes = yaml.safe_load(path.read_text(encoding="utf-8"))["/**"]
    for node, table in (("praxis", NODE), ("virtual_robot", VIRTUAL_ROBOT)):
        known = {parameter.name: parameter for parameter in table}
        for name, value in nodes[node]["ros__parameters"].items():
            assert type(value) is type(known[name].default), name


def test_the_docs_list_every_launch_argument() -> None:
    launch = (ROOT / "launch" / "deploy.launch.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "ros2.md").read_text(encoding="utf-8")
    arguments = re.findall(r'^    \("(\w+)", ', launch, re.MULTILINE)
    assert len(arguments) > 10
    for argument in arguments:
        assert f"`{argument}`" in page, argument
