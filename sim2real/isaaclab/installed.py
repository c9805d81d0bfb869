"""Whether Isaac Lab is there, and what to do if it is not."""

from __future__ import annotations

from importlib.util import find_spec

from configs.loader import ConfigError

HOW = (
    "Install Isaac Lab 3 into this Python (3.12), as docs/isaaclab.md says, or choose "
    "another engine: --backend mujoco to run, --engine mujoco to train."
)


def require_isaaclab() -> None:
    """Do nothing if Isaac Lab can be imported.

    Raises:
        ConfigError: saying how to install it.
    """
    for module in ("isaaclab", "pxr", "torch"):
        if find_spec(module) is None:
            raise ConfigError(
                f"the isaaclab engine needs the package {module}, which is not there. "
                f"{HOW}"
            )


def physics_engine(asked: str | None = None) -> str:
    """Return which physics Isaac Lab is to use: `physx`, `newton` or `newton-warp`.

    `newton` takes MuJoCo's C solver for one robot on a CPU, which `newton-warp` never
    does.

    Args:
        asked: one of them; without it PhysX where Isaac Sim is installed, else Newton.

    Raises:
        ConfigError: if it does not exist, or is not installed.
    """
    packages = {
        "physx": "isaacsim",
        "newton": "isaaclab_newton",
        "newton-warp": "isaaclab_newton",
    }
    if asked is None:
        there = [name for name, package in packages.items() if find_spec(package)]
        if not there:
            raise ConfigError(
                f"Isaac Lab has no physics here: neither of {_list(packages)} is "
                f"installed. {HOW}"
            )
        return there[0]
    if asked not in packages:
        raise ConfigError(
            f"unknown physics '{asked}'. Known: {', '.join(sorted(packages))}."
        )
    if find_spec(packages[asked]) is None:
        raise ConfigError(
            f"the physics '{asked}' needs the package {packages[asked]}, which is not "
            f"there. {HOW}"
        )
    return asked


def _list(packages: dict[str, str]) -> str:
    return ", ".join(dict.fromkeys(packages.values()))
