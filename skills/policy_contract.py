"""What a policy file says about itself: its contract, read and checked for sense."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, JsonValue

from configs.loader import ConfigError, parse
from configs.schema import Config
from skills.observations import TERMS, Term

FORMAT_VERSION = 1
METADATA_KEY = "praxis"
FEWEST_GOLDEN_PAIRS = 8
EXPORT_AGAIN = "Export the policy again."

_SIZES = {"base_ang_vel": 3, "projected_gravity": 3, "gait_phase": 2}
_PER_JOINT = ("joint_pos_rel", "joint_vel")


class PolicyMismatch(ValueError):
    """A policy file that cannot be used here; one line for a person."""


class RobotIdentity(Config):
    """The robot that a policy was trained for."""

    name: str
    revision: str


class TermContract(Config):
    """One entry of the observation, in the words of `skills.observations.Term`."""

    name: str
    size: Annotated[int, Field(gt=0)]
    scale: FiniteFloat = 1.0
    joints: tuple[str, ...] = ()


class HistoryContract(Config):
    """How many observations the network sees at once, one for each control period.

    The input is one observation after the other. At a start, all are the first one.
    """

    length: Annotated[int, Field(ge=1, le=250)] = 1
    order: Literal["oldest_first"] = "oldest_first"
    start: Literal["repeat_first"] = "repeat_first"


class SensedJoints(Config):
    """Joints that the observation looks at, and the pose it measures them from."""

    names: tuple[str, ...]
    default_joint_pos: tuple[FiniteFloat, ...]  # [rad]


class ActionContract(Config):
    """How the output becomes joint targets; one number for each of `joints`."""

    kind: Literal["offset", "increment"]
    joints: tuple[str, ...]
    scale: tuple[FiniteFloat, ...]  # [rad] for an action of 1
    clip: Annotated[FiniteFloat, Field(gt=0)]  # actions are limited to +-clip first
    default_joint_pos: tuple[FiniteFloat, ...]  # [rad]
    stiffness: tuple[FiniteFloat, ...]  # [N m/rad]
    damping: tuple[FiniteFloat, ...]  # [N m s/rad]


class GoldenPairs(Config):
    """Observations and what the network made of them when it was exported.

    The arrays (count, size) are float32, little-endian, row by row, in base64.
    """

    count: Annotated[int, Field(ge=FEWEST_GOLDEN_PAIRS)]
    observations: str
    actions: str


class PolicyContract(Config):
    """Everything that a policy assumes about the robot and about its caller."""

    format_version: Literal[1]
    skill: str
    robot: RobotIdentity
    observations: tuple[TermContract, ...]
    history: HistoryContract = HistoryContract()
    sensed: SensedJoints
    action: ActionContract
    control_dt: Annotated[FiniteFloat, Field(gt=0)]  # [s]
    quaternion_order: Literal["wxyz"] = "wxyz"
    sensors: tuple[str, ...]  # fields of RobotState that are read
    training_digest: str  # of the training config
    golden: GoldenPairs
    # What a skill wants to know of its training, such as the gait period.
    notes: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The observation, as `observe` wants it."""
        return tuple(
            Term(name=t.name, size=t.size, scale=t.scale, joints=t.joints)
            for t in self.observations
        )

    @property
    def observation_size(self) -> int:
        """Length of the observation vector."""
        return sum(term.size for term in self.observations)

    @property
    def input_size(self) -> int:
        """Length of the network's input: the observation, once for each of history."""
        return self.observation_size * self.history.length

    @property
    def signals(self) -> tuple[str, ...]:
        """Names that the caller has to give to `Policy.act`."""
        names = [term.name for term in self.observations if term.name not in TERMS]
        if any(term.name == "gait_phase" for term in self.observations):
            names += ["gait_phase", "moving"]
        return tuple(names)

    def golden_pairs(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return golden observations and actions, (count, size) each.

        Raises:
            ValueError: if they are cut short or no base64.
        """
        golden, action = self.golden, self.action
        return (
            _decode(golden.observations, (golden.count, self.input_size)),
            _decode(golden.actions, (golden.count, len(action.joints))),
        )


def encode(values: NDArray[np.float32]) -> str:
    """Return an array in the form of `GoldenPairs`."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")


def _decode(text: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    data = base64.b64decode(text, validate=True)
    return np.frombuffer(data, dtype="<f4").reshape(shape).astype(np.float32)


def read_contract(text: str, source: str) -> PolicyContract:
    """Read the contract out of a policy's metadata.

    Args:
        text: JSON.
        source: the file, for messages.

    Raises:
        PolicyMismatch: naming the term or key that makes no sense.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise PolicyMismatch(
            f"{source}: its contract is not JSON ({error}). {EXPORT_AGAIN}"
        ) from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if version != FORMAT_VERSION:
        raise PolicyMismatch(
            f"{source} is written in policy format {version}, this version of Praxis "
            f"reads {FORMAT_VERSION}. {EXPORT_AGAIN}"
        )
    try:
        _check_each_term(data.get("observations"), source)
        contract = parse(PolicyContract, data, source)
    except ConfigError as error:
        raise PolicyMismatch(f"{error} {EXPORT_AGAIN}") from None
    check_sense(contract, source)
    return contract


def _check_each_term(terms: Any, source: str) -> None:
    for term in terms if isinstance(terms, list) else []:
        if isinstance(term, dict):
            parse(TermContract, term, f"{source}: term '{term.get('name')}'")


def check_sense(contract: PolicyContract, source: str) -> None:
    """Check what one key says about another.

    Raises:
        PolicyMismatch: naming the term or key.
    """
    action, sensed = contract.action, contract.sensed
    per_joint: tuple[tuple[str, Sequence[str], Sequence[float]], ...] = (
        ("sensed.default_joint_pos", sensed.names, sensed.default_joint_pos),
        ("action.scale", action.joints, action.scale),
        ("action.default_joint_pos", action.joints, action.default_joint_pos),
        ("action.stiffness", action.joints, action.stiffness),
        ("action.damping", action.joints, action.damping),
    )
    for key, joints, values in per_joint:
        twice = [name for name, times in Counter(joints).items() if times > 1]
        if twice:
            raise PolicyMismatch(
                f"{source}: {key.split('.')[0]} lists joint '{twice[0]}' twice. "
                f"{EXPORT_AGAIN}"
            )
        if len(values) != len(joints):
            raise PolicyMismatch(
                f"{source}: {key} has {len(values)} numbers, expected one for each of "
                f"its {len(joints)} joints. {EXPORT_AGAIN}"
            )
    for term in contract.observations:
        _check_term(term, contract, source)


def _check_term(term: TermContract, contract: PolicyContract, source: str) -> None:
    unseen = [name for name in term.joints if name not in contract.sensed.names]
    if unseen:
        raise PolicyMismatch(
            f"{source}: term '{term.name}' looks at joint '{unseen[0]}', which is not "
            f"among its sensed joints. {EXPORT_AGAIN}"
        )
    expected = _SIZES.get(term.name, term.size)
    if term.name in _PER_JOINT or term.joints:
        expected = len(term.joints)
    if term.name == "last_action":
        expected = len(contract.action.joints)
    if term.size != expected:
        raise PolicyMismatch(
            f"{source}: term '{term.name}' has size {term.size}, expected {expected}. "
            f"{EXPORT_AGAIN}"
        )
