"""The running skill's reward on the robot: the trainer's, of what a robot can measure.

A term of the training reward that needs what only a simulation knows, such as contact
forces, is left out, so the number is for watching how a skill does over time, not for
comparing it with a training curve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.loader import CONFIG_DIR, load
from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from sim2real.joint_map import JointMap
from sim2real.robot import RobotState
from sim2real.rotations import (
    heading_of,
    project_gravity,
    rotate_inverse,
    wxyz_from_yaw,
)
from skills.contract import Snapshot
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED, REWARDS
from skills.manipulation import HAND_REWARDS
from skills.policy import Policy

Array = NDArray[np.float64]

LEGS = {"walk": "walk", "balance": "balance", "drive": "walk"}  # skill: its training
HANDS = {"grasp": "grasp", "manipulate": "manipulate"}


class RunningReward:
    """Computes the reward of whichever skill runs; call once for each report."""

    def __init__(self, robot: RobotConfig) -> None:
        """Read the weights that the shipped policies were trained with."""
        self._robot = robot
        self._weights: dict[str, Mapping[str, float]] = {}
        for skill, training in LEGS.items():
            config = load(LegTrainingConfig, _path(training))
            self._weights[skill] = config.rewards
        if robot.has_hands:
            for skill, training in HANDS.items():
                hand = load(HandTrainingConfig, _path(training))
                self._weights[skill] = hand.rewards
        self._last: RobotState | None = None
        self._velocity: Array = np.zeros(3)
        self.terms: dict[str, float] = {}  # weighted, of the last call

    def step(
        self,
        snapshot: Snapshot,
        active: Sequence[str],
        policies: Mapping[str, Policy],
    ) -> float | None:
        """Return the reward per second of the skill that was asked for, or balances.

        Args:
            snapshot: of this tick.
            active: skills that have joints.
            policies: of all skills, by skill and part.
        """
        skill = _foremost(active, self._weights)
        last, self._last = self._last, snapshot.state
        if skill is None:
            return None
        policy = _policy_of(skill, policies)
        if policy is None:
            return None
        if skill in LEGS:
            seen = self._legs(snapshot.state, last, policy)
            functions: Mapping[str, Callable[[Any], Any]] = REWARDS
        else:
            seen, functions = self._hand(snapshot.state, policy), HAND_REWARDS
        self.terms = _terms(seen, functions, self._weights[skill])
        return sum(self.terms.values())

    def _legs(
        self, state: RobotState, last: RobotState | None, policy: Policy
    ) -> SimpleNamespace:
        joints = JointMap(policy.joints, self._robot.joint_names)
        heading = wxyz_from_yaw(np.array(heading_of(state.base_quat_wxyz)))
        velocity = rotate_inverse(heading, state.base_lin_vel_w)
        velocity[2], up = state.base_ang_vel[2], float(state.base_lin_vel_w[2])
        passed = state.time - last.time if last is not None else 0.0
        share = 1.0 if passed <= 0.0 else min(passed / GAIT_PERIOD_S, 1.0)
        self._velocity = self._velocity + share * (velocity - self._velocity)
        command = _command(policy)
        effort, speed = joints.take(state.joint_effort), joints.take(state.joint_vel)
        seen = SimpleNamespace(
            velocity_command=command,
            moving=np.float64(np.abs(command).max() > MOVING_SPEED),
            velocity=velocity,
            mean_velocity=self._velocity,
            mean_command=command,
            vertical_velocity=np.float64(up),
            base_ang_vel=state.base_ang_vel,
            base_gravity=project_gravity(state.base_quat_wxyz),
            base_height=np.float64(state.base_pos_w[2]),
            joint_pos_rel=joints.take(state.joint_pos - self._robot.default_joint_pos),
            joint_vel=speed,
            joint_effort=effort,
            power=np.abs(effort * speed).sum(),
        )
        if last is not None and passed > 0.0:
            seen.joint_acc = (speed - joints.take(last.joint_vel)) / passed
        return seen

    def _hand(self, state: RobotState, policy: Policy) -> SimpleNamespace:
        seen = _signals(policy)
        joints = JointMap(policy.joints, self._robot.joint_names)
        to_object = seen["object_pos_hand"]
        return SimpleNamespace(
            site_to_object=to_object,
            hand_up=np.array([0.0, 0.0, 1.0]),
            up=seen["up_hand"],
            object_up_w=_as_seen_upright(seen["object_up_hand"], seen["up_hand"]),
            joint_vel=joints.take(state.joint_vel),
            target_error=seen["joint_target_error"],
            goal_distance=np.linalg.norm(seen["object_to_goal_hand"]),
        )


def _path(training: str) -> Any:
    return CONFIG_DIR / "training" / f"{training}.yaml"


def _foremost(active: Sequence[str], known: Mapping[str, Any]) -> str | None:
    """Return the skill worth watching: balance only where nothing else runs."""
    candidates = [skill for skill in active if skill in known]
    others = [skill for skill in candidates if skill != "balance"]
    return next(iter(others or candidates), None)


def _policy_of(skill: str, policies: Mapping[str, Policy]) -> Policy | None:
    own = [policy for name, policy in policies.items() if name == skill]
    parts = [p for name, p in policies.items() if name.startswith(f"{skill}.")]
    acting = [p for p in own + parts if np.any(p.last_observation)]
    return next(iter(acting), None)


def _signals(policy: Policy) -> dict[str, Array]:
    """Return what the policy saw last, term by term, without its scales."""
    seen, at = {}, 0
    for term in policy.contract.observations:
        part = policy.last_observation[at : at + term.size].astype(np.float64)
        seen[term.name] = part / term.scale
        at += term.size
    return seen


def _command(policy: Policy) -> Array:
    command = _signals(policy).get("velocity_command")
    return np.zeros(3) if command is None else command


def _as_seen_upright(object_up: Array, up: Array) -> Array:
    """Return the object's axis in level axes: only its tilt matters."""
    cosine = float(np.clip(object_up @ up, -1.0, 1.0))
    return np.array([np.sqrt(1.0 - cosine**2), 0.0, cosine])


def _terms(
    seen: SimpleNamespace,
    functions: Mapping[str, Callable[[Any], Any]],
    weights: Mapping[str, float],
) -> dict[str, float]:
    terms = {}
    for name, weight in weights.items():
        try:
            terms[name] = weight * float(functions[name](seen))
        except AttributeError:  # it needs what a robot cannot measure
            continue
    return terms
