"""Run one ONNX policy on the robot exactly as it ran in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configs.schema import RobotConfig
from sim2real.joint_map import JointMap
from sim2real.robot import RobotState
from skills.mirror import flips, mirror_name
from skills.observation_labels import number_labels
from skills.observations import Sense, observe
from skills.policy_contract import (
    EXPORT_AGAIN,
    PolicyContract,
    PolicyMismatch,
    read_contract,
)
from skills.policy_network import Network

__all__ = ["Policy", "PolicyContract", "PolicyMismatch"]

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

NO_BEGINNING = "the policy has no beginning; call reset(state) first"
SAME_NUMBER = 1e-6  # between the policy file and the robot's YAML
SAME_OUTPUT = 1e-5  # between a golden action and this machine's, relative above 1


class Policy:
    """A network with its contract, and the little it remembers between two ticks."""

    def __init__(
        self,
        contract: PolicyContract,
        network: Network,
        robot: RobotConfig,
        *,
        mirrored: bool = False,
    ) -> None:
        """Use `Policy.load`, which checks that the three belong together."""
        action = contract.action
        sensed = contract.sensed.names
        self.contract = contract
        self.joints = _other_side(action.joints) if mirrored else action.joints
        if mirrored:
            sensed = _other_side(sensed)
        self._mirrored = mirrored
        self._sensed_sign = _signs(sensed, mirrored)
        self._acted_sign = _signs(action.joints, mirrored)
        self.stiffness: Array = np.array(action.stiffness)
        self.damping: Array = np.array(action.damping)
        self.last_observation: Array32 = np.zeros(contract.observation_size, np.float32)
        self._network = network
        self._terms = contract.terms
        self._sensed = JointMap(sensed, robot.joint_names)
        self._sensed_default = np.array(contract.sensed.default_joint_pos, np.float32)
        self._acted = JointMap(self.joints, robot.joint_names)
        self._default = np.array(action.default_joint_pos, np.float32)
        self._scale = np.array(action.scale, np.float32)
        limits = robot.joint_range[self._acted.index] * self._acted_sign[:, None]
        self._range = np.sort(limits, axis=1)
        self._last_action: Array32 = np.zeros(len(action.joints), np.float32)
        self._target: Array | None = None
        length = contract.history.length
        self._history = np.zeros((length, contract.observation_size), np.float32)
        self._begun = False  # whether the history holds an observation
        # Told what was seen and answered, at every tick; for logs.
        self.on_step: Callable[[Array32, Array32], None] | None = None

    @staticmethod
    def load(
        path: Path | str,
        robot: RobotConfig,
        *,
        control_dt: float | None = None,
        mirrored: bool = False,
    ) -> Policy:
        """Read a policy file and refuse it unless it fits in every respect.

        Args:
            path: the ONNX file.
            robot: the robot that it is to drive.
            control_dt: period of the control loop [s], if it is known.
            mirrored: drive the joints of the other side; the network sees, and the
                caller's signals must show, the mirror image of the world.

        Raises:
            PolicyMismatch: saying what was expected, what came and what to do.
        """
        path = Path(path)
        network = Network(path)
        contract = read_contract(network.metadata(), path.name)
        _check_network(contract, network, path.name)
        _check_robot(contract, robot, path.name)
        if control_dt is not None and abs(contract.control_dt - control_dt) > 1e-9:
            raise PolicyMismatch(
                f"{path.name} was trained at a control period of "
                f"{contract.control_dt} s, this loop runs at {control_dt} s. "
                "Change the period of the loop, or train again."
            )
        _check_golden_pairs(contract, network, path.name)
        return Policy(contract, network, robot, mirrored=mirrored)

    def reset(self, state: RobotState, commanded: Array | None = None) -> None:
        """Begin as an episode of training begins: no last action.

        Args:
            state: what the robot measures now.
            commanded: targets of the last command, in robot order [rad], (n,). An
                `increment` policy goes on from them, so that a closed hand keeps its
                squeeze; without them it goes on from the measured joints.
        """
        self._last_action = np.zeros(len(self.joints), np.float32)
        self._begun = False
        start = state.joint_pos if commanded is None else commanded
        here = self._acted.take(start) * self._acted_sign
        self._target = here.astype(np.float64)

    def act(
        self,
        state: RobotState,
        signals: Mapping[str, ArrayLike] = MappingProxyType({}),
    ) -> Array:
        """Return this tick's targets of `joints` [rad], (k,).

        Args:
            state: what the robot measures now.
            signals: a value for each name in `contract.signals`: numbers or (n,).

        Raises:
            RuntimeError: before the first `reset`.
            KeyError: for a signal that is not given.
        """
        if self._target is None:
            raise RuntimeError(NO_BEGINNING)
        observation = self.observe(state, signals)
        clip = self.contract.action.clip
        seen = self._remember(observation)
        action = np.clip(self._network.run(seen), -clip, clip)
        if self.contract.action.kind == "offset":
            target = (self._default + self._scale * action).astype(np.float64)
        else:
            low, high = self._range.T
            target = np.clip(self._target + self._scale * action, low, high)
        self.last_observation = observation
        self._last_action, self._target = action, target
        if self.on_step is not None:
            self.on_step(observation, action)
        return target * self._acted_sign

    def answer(self, seen: Array32) -> Array32:
        """Return the network's clipped output for an input, without remembering it.

        Args:
            seen: the observation, or the whole history of one that has one.
        """
        clip = self.contract.action.clip
        result: Array32 = np.clip(self._network.run(seen), -clip, clip)
        return result

    def _remember(self, observation: Array32) -> Array32:
        """Return what the network sees: the latest observations, the oldest first."""
        if len(self._history) == 1:
            return observation
        if self._begun:
            self._history[:-1] = self._history[1:]
            self._history[-1] = observation
        else:  # as if it had been like this for ever
            self._history[:] = observation
            self._begun = True
        return self._history.reshape(-1)

    @property
    def target(self) -> Array:
        """Present targets as the network knows them, mirrored if it is [rad], (k,)."""
        if self._target is None:
            raise RuntimeError(NO_BEGINNING)
        return self._target.copy()

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each number of the observation, as in `number_labels`."""
        return number_labels(self._terms, self.joints, mirrored=self._mirrored)

    def measured(self, state: RobotState) -> Array:
        """Return the joints' positions as the network knows them [rad], (k,)."""
        return self._acted.take(state.joint_pos) * self._acted_sign

    def observe(
        self,
        state: RobotState,
        signals: Mapping[str, ArrayLike] = MappingProxyType({}),
    ) -> Array32:
        """Return the observation that `act` would use now, (size,)."""
        # The trainer computes in float32 on a batch; this is its batch of one.
        sense = Sense(
            joint_names=self.contract.sensed.names,  # as the network knows them
            joint_pos=_batch(self._sensed.take(state.joint_pos) * self._sensed_sign),
            joint_vel=_batch(self._sensed.take(state.joint_vel) * self._sensed_sign),
            default_joint_pos=self._sensed_default,
            base_quat_wxyz=_batch(state.base_quat_wxyz * self._image((1, -1, 1, -1))),
            base_ang_vel=_batch(state.base_ang_vel * self._image((-1, 1, -1))),
            last_action=_batch(self._last_action),
            signals={name: _batch(value) for name, value in signals.items()},
        )
        observation: Array32 = observe(self._terms, sense)[0]
        return observation

    def _image(self, signs: tuple[int, ...]) -> Array:
        return np.array(signs if self._mirrored else [1] * len(signs), dtype=np.float64)


def _other_side(joints: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(mirror_name(name) for name in joints)


def _signs(joints: tuple[str, ...], mirrored: bool) -> Array:
    return np.array([-1.0 if mirrored and flips(name) else 1.0 for name in joints])


def _batch(value: ArrayLike) -> Array32:
    return np.asarray(value, dtype=np.float32)[None]


def _check_network(contract: PolicyContract, network: Network, source: str) -> None:
    if contract.input_size != network.observation_size:
        sizes = ", ".join(f"{t.name} {t.size}" for t in contract.observations)
        times = contract.history.length
        raise PolicyMismatch(
            f"{source}: its observation terms add up to {contract.observation_size} "
            f"({sizes}){f', {times} times' if times > 1 else ''}, its network takes "
            f"{network.observation_size}. {EXPORT_AGAIN}"
        )
    if len(contract.action.joints) != network.action_size:
        raise PolicyMismatch(
            f"{source}: it moves {len(contract.action.joints)} joints, its network "
            f"gives {network.action_size} actions. {EXPORT_AGAIN}"
        )


def _check_robot(contract: PolicyContract, robot: RobotConfig, source: str) -> None:
    action, sensed, trained = contract.action, contract.sensed, contract.robot
    for joint in action.joints + sensed.names:
        if joint not in robot.joint_names:
            raise PolicyMismatch(
                f"{source} wants joint '{joint}', robot {robot.name} lacks it. Use a "
                f"policy exported for {robot.name}, or --robot {trained.name}."
            )
    if trained.revision != robot.revision:
        raise PolicyMismatch(
            f"{source} was trained for revision {trained.revision} of {trained.name}, "
            f"this robot is revision {robot.revision} of {robot.name}. Use a policy "
            "exported for this revision, or --robot with the other one."
        )
    checks = (
        ("default_pos", "rad", sensed.names, sensed.default_joint_pos),
        ("default_pos", "rad", action.joints, action.default_joint_pos),
        ("stiffness", "N m/rad", action.joints, action.stiffness),
        ("damping", "N m s/rad", action.joints, action.damping),
    )
    joints = {joint.name: joint for joint in robot.joints}
    for quantity, unit, names, values in checks:
        for name, trained_with in zip(names, values, strict=True):
            has = getattr(joints[name], quantity)
            # The file is what was trained, so it has priority over the YAML.
            if abs(has - trained_with) > SAME_NUMBER:
                raise PolicyMismatch(
                    f"{source} was trained with {quantity} {trained_with} {unit} at "
                    f"{name}, robot {robot.name} has {has} {unit}. Put "
                    f"{trained_with} into the robot's YAML, or train again."
                )


def _check_golden_pairs(
    contract: PolicyContract, network: Network, source: str
) -> None:
    try:
        observations, actions = contract.golden_pairs()
    except ValueError as error:
        raise PolicyMismatch(
            f"{source}: its golden pairs cannot be read ({error}). {EXPORT_AGAIN}"
        ) from None
    for i, golden in enumerate(actions):
        action = network.run(observations[i])
        with np.errstate(invalid="ignore"):
            apart = np.abs(action - golden) / np.maximum(1.0, np.abs(golden))
        if not np.all(apart <= SAME_OUTPUT):  # also when a number is not finite
            worst = int(np.argmax(np.nan_to_num(apart, nan=np.inf)))
            raise PolicyMismatch(
                f"{source}: golden pair {i} gives {action[worst]:.6g} for "
                f"{contract.action.joints[worst]}, expected {golden[worst]:.6g}: the "
                f"weights are not those that were exported. {EXPORT_AGAIN}"
            )
