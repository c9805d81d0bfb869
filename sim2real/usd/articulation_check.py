"""Compare the articulation an engine reports with the robot's YAML and MJCF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.mujoco_model import robot_spec

Array = NDArray[np.float64]

RELATIVE, ABSOLUTE = 1e-5, 1e-6  # engines count in float32, USD in degrees


_UNITS = {
    "lower_limit": "rad",
    "upper_limit": "rad",
    "armature": "kg m^2",
    "stiffness": "N m/rad",
    "damping": "N m s/rad",
    "effort_limit": "N m",
    "velocity_limit": "rad/s",
}


@dataclass(frozen=True, kw_only=True)
class Articulation:
    """What an engine says of a robot it has loaded, in joint order of its own.

    Raises:
        ValueError: if a vector has not one number for each joint.
    """

    joint_names: tuple[str, ...]
    lower_limit: Array  # [rad], (n,)
    upper_limit: Array  # [rad], (n,)
    armature: Array  # [kg m^2], (n,)
    stiffness: Array  # [N m/rad], (n,)
    damping: Array  # [N m s/rad], (n,)
    effort_limit: Array  # [N m], (n,)
    velocity_limit: Array  # [rad/s], (n,)
    body_masses: Mapping[str, float]  # [kg]

    def __post_init__(self) -> None:
        """Check the lengths."""
        count = len(self.joint_names)
        for name in _UNITS:
            shape = np.shape(getattr(self, name))
            if shape != (count,):
                raise ValueError(f"{name}: expected ({count},), got {shape}")


def expected_articulation(robot: RobotConfig) -> Articulation:
    """Return what an engine should report of a robot, in robot order."""
    model = robot_spec(robot).compile()
    dofs = [int(model.joint(name).dofadr[0]) for name in robot.joint_names]
    return Articulation(
        joint_names=robot.joint_names,
        lower_limit=robot.joint_range[:, 0],
        upper_limit=robot.joint_range[:, 1],
        armature=np.array(model.dof_armature[dofs]),
        stiffness=robot.stiffness,
        damping=robot.damping,
        effort_limit=robot.effort_limit,
        velocity_limit=robot.velocity_limit,
        body_masses={
            model.body(body).name: float(model.body_mass[body])
            for body in range(1, model.nbody)
        },
    )


def articulation_differences(robot: RobotConfig, reported: Articulation) -> list[str]:
    """Return one line for every difference; none if the engine has our robot.

    Joints and bodies are matched by name, so their order is free.
    """
    expected = expected_articulation(robot)
    return [
        *_names("joint", expected.joint_names, reported.joint_names),
        *_joint_values(expected, reported),
        *_names("body", tuple(expected.body_masses), tuple(reported.body_masses)),
        *_masses(expected.body_masses, reported.body_masses),
    ]


def _names(kind: str, expected: tuple[str, ...], got: tuple[str, ...]) -> Iterator[str]:
    for name in expected:
        if name not in got:
            yield f"{kind} {name}: missing"
    for name in got:
        if name not in expected:
            yield f"{kind} {name}: the robot has no such {kind}"
    for name in sorted({name for name in got if got.count(name) > 1}):
        yield f"{kind} {name}: reported {got.count(name)} times"


def _joint_values(expected: Articulation, reported: Articulation) -> Iterator[str]:
    place = {name: index for index, name in enumerate(reported.joint_names)}
    for index, name in enumerate(expected.joint_names):
        if name not in place:
            continue
        for quantity, unit in _UNITS.items():
            wanted = float(getattr(expected, quantity)[index])
            got = float(getattr(reported, quantity)[place[name]])
            if not _same(wanted, got):
                yield f"joint {name}: {quantity} {_values(wanted, got, unit)}"


def _masses(expected: Mapping[str, float], got: Mapping[str, float]) -> Iterator[str]:
    for name, wanted in expected.items():
        if name in got and not _same(wanted, float(got[name])):
            yield f"body {name}: mass {_values(wanted, float(got[name]), 'kg')}"


def _same(wanted: float, got: float) -> bool:
    return bool(np.isclose(got, wanted, rtol=RELATIVE, atol=ABSOLUTE))


def _values(wanted: float, got: float, unit: str) -> str:
    return f"expected {wanted:.6g} {unit}, got {got:.6g} {unit}"
