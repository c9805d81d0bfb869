"""On MuJoCo: payload and weak motors are told, and arms are held up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.adaptation.adapted_backend import AdaptedBackend
from sim2real.adaptation.adapter import Adapter, NoAdapter
from sim2real.adaptation.estimating import EstimatingAdapter
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters
from skills.contract import Goal, Snapshot
from skills.library import POLICY_DIR, make_skills

pytest.importorskip("mujoco", reason="the simulation")

HELD = 1.0  # in the right hand [kg]
SECONDS = 4.0
WORSE = {"strength": 0.8, "payload": {"right": HELD}}


@pytest.fixture(scope="module")
def nominal(robot: RobotConfig) -> float:
    return stand(robot, NoAdapter())


@pytest.fixture(scope="module")
def sagged(robot: RobotConfig) -> float:
    return stand(robot, NoAdapter(), **WORSE)


def stand(robot: RobotConfig, adapter: Adapter, **values: object) -> float:
    """Stand with balance, and return how high the right hand is over the pelvis [m]."""
    from sim2real.backends.mujoco_backend import MujocoBackend

    parameters = RobotParameters.of(robot, values)
    backend = AdaptedBackend(
        MujocoBackend(robot, load_scene("empty"), parameters=parameters), adapter
    )
    balance = make_skills(robot, POLICY_DIR)["balance"]
    state = backend.reset(0)
    balance.start(Goal(skill="balance"), Snapshot(state=state, objects={}))
    legs = JointMap(robot.joints_of("legs", "waist"), robot.joint_names)
    for _ in range(round(SECONDS / backend.control_dt)):
        targets = balance.step(Snapshot(state=state, objects={}))
        command = JointCommand(
            joint_pos=legs.put(targets.joint_pos, robot.default_joint_pos),
            stiffness=robot.stiffness,
            damping=robot.damping,
        )
        state = backend.step(command)
    hand = backend.model.site(robot.sites.right_grasp).id
    pelvis = backend.model.body(robot.base_body).id
    return float(backend.data.site_xpos[hand][2] - backend.data.xpos[pelvis][2])


def test_a_kilogram_and_weak_motors_are_told_and_made_up_for(
    robot: RobotConfig, nominal: float, sagged: float
) -> None:
    adapter = EstimatingAdapter(robot, 0.02)
    left = nominal - stand(robot, adapter, **WORSE)
    assert nominal - sagged > 0.03  # [m]
    assert abs(left) < 0.4 * (nominal - sagged)
    told = adapter.estimate()
    assert told.payload["right"].value == pytest.approx(HELD, abs=0.15)
    assert told.payload["left"].value == pytest.approx(0.0, abs=0.1)
    assert told.strength["legs"].value == pytest.approx(0.8, abs=0.05)
    for group, strength in told.strength.items():
        assert abs(strength.value - 0.8) < 2 * strength.std + 0.02, group


def test_the_nominal_robot_is_left_as_it_is(robot: RobotConfig, nominal: float) -> None:
    adapter = EstimatingAdapter(robot, 0.02)
    assert stand(robot, adapter) == pytest.approx(nominal, abs=2e-3)
    told = adapter.estimate()
    assert told.payload["right"].value < 0.1
    assert told.strength["legs"].value == pytest.approx(1.0, abs=0.03)


def test_it_may_only_watch(robot: RobotConfig, sagged: float) -> None:
    watching = EstimatingAdapter(robot, 0.02, compensates=False)
    assert stand(robot, watching, **WORSE) == sagged
    assert watching.estimate().strength["legs"].value == pytest.approx(0.8, abs=0.06)


def test_a_reset_forgets_the_robot_of_before(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    adapter = EstimatingAdapter(robot, 0.02)
    loaded = replace(at_rest, joint_effort=np.full(len(robot.joint_names), 5.0))
    for _ in range(50):
        adapter.observe(loaded, standing)
    fresh = EstimatingAdapter(robot, 0.02)
    adapter.reset(at_rest)
    fresh.reset(at_rest)
    assert adapter.estimate() == fresh.estimate()
