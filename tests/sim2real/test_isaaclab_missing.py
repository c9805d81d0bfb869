"""Without Isaac Lab: one line that says what to do, and nothing else is touched."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from configs.loader import ConfigError, load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.isaaclab.installed import physics_engine, require_isaaclab

if find_spec("isaaclab") is not None:
    pytest.skip("Isaac Lab is installed", allow_module_level=True)


def test_what_is_missing_is_named_with_what_to_do() -> None:
    with pytest.raises(ConfigError) as error:
        require_isaaclab()
    text = str(error.value)
    assert text.startswith("the isaaclab engine needs the package isaaclab")
    assert "docs/isaaclab.md" in text
    assert "--backend mujoco" in text
    assert "\n" not in text


def test_the_backend_says_so_before_anything_is_built() -> None:
    with pytest.raises(ConfigError, match="needs the package isaaclab"):
        make_backend("isaaclab", load_robot(), load_scene("empty"))


def test_no_physics_is_there_without_being_asked_for_one() -> None:
    with pytest.raises(ConfigError, match="neither of isaacsim, isaaclab_newton"):
        physics_engine()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("bullet", r"unknown physics 'bullet'\. Known: newton, newton-warp, physx\."),
        ("physx", "the physics 'physx' needs the package isaacsim"),
        ("newton", "the physics 'newton' needs the package isaaclab_newton"),
    ],
)
def test_a_physics_that_is_not_there_is_named(asked: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        physics_engine(asked)
