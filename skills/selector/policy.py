"""The network of the learned planner, read from its file and checked."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from configs.loader import ConfigError, parse
from configs.schema import Config, RobotConfig
from skills.policy_contract import (
    FEWEST_GOLDEN_PAIRS,
    PolicyMismatch,
    RobotIdentity,
)
from skills.policy_network import Network
from skills.selector.observation import NAMES, History, observe
from skills.selector.words import CHOICES, GOALS, Subject

Array32 = NDArray[np.float32]

SAME_OUTPUT = 1e-4  # between a golden score and this machine's, relative above 1
AGAIN = "Train it again: praxis train selector."


class GoldenScores(Config):
    """Observations and the scores that the network gave them when it was exported.

    The arrays (count, size) are float32, little-endian, row by row, in base64.
    """

    count: Annotated[int, Field(ge=FEWEST_GOLDEN_PAIRS)]
    observations: str
    scores: str


class SelectorContract(Config):
    """What the file of a learned planner says about itself."""

    format_version: Literal[1]
    skill: Literal["selector"]
    robot: RobotIdentity
    observations: tuple[str, ...]  # the name of each input
    choices: tuple[str, ...]  # the name of each output, the best has the highest score
    known: dict[str, tuple[tuple[str, ...], ...]]  # facts it has learned from, by goal
    algorithm: str
    training_digest: str
    golden: GoldenScores
    notes: dict[str, JsonValue] = Field(default_factory=dict)


class SelectorPolicy:
    """Chooses which skill to start next.

    Attributes:
        contract: what the file says about itself.
    """

    def __init__(self, contract: SelectorContract, network: Network) -> None:
        """Use `SelectorPolicy.load`, which checks that the two belong together."""
        self.contract = contract
        self._network = network
        self._known = {
            goal: {frozenset(facts) for facts in patterns}
            for goal, patterns in contract.known.items()
        }

    @staticmethod
    def load(path: Path, robot: RobotConfig | None = None) -> SelectorPolicy:
        """Read a file and refuse it unless it speaks our words.

        Args:
            path: of the file.
            robot: whose skills it is to choose from; any if None.

        Raises:
            PolicyMismatch: naming what does not fit.
        """
        if not path.is_file():
            raise PolicyMismatch(
                f"there is no {path.name} in {path.parent}; train one: praxis train "
                "selector"
            )
        network = Network(path)
        contract = _read(network.metadata(), path.name)
        for what, theirs, ours in (
            ("observation", contract.observations, NAMES),
            ("choices", contract.choices, CHOICES),
        ):
            if theirs != ours:
                odd = sorted(set(theirs) ^ set(ours)) or ["their order"]
                raise PolicyMismatch(
                    f"{path.name}: its {what} and ours differ in '{odd[0]}'. {AGAIN}"
                )
        sizes = (network.observation_size, network.action_size)
        if sizes != (len(NAMES), len(CHOICES)):
            raise PolicyMismatch(
                f"{path.name}: the network turns {sizes[0]} numbers into {sizes[1]}, "
                f"expected {len(NAMES)} and {len(CHOICES)}. {AGAIN}"
            )
        if robot is not None:
            _check_robot(contract, robot, path.name)
        _check_golden(contract, network, path.name)
        return SelectorPolicy(contract, network)

    def knows(self, subject: Subject, facts: frozenset[str]) -> bool:
        """Whether anything like it was measured before the training."""
        return facts in self._known.get(subject.kind, ())

    def choose(self, subject: Subject, facts: frozenset[str], history: History) -> str:
        """Return the choice with the highest score."""
        return self.ranking(subject, facts, history)[0]

    def ranking(
        self, subject: Subject, facts: frozenset[str], history: History
    ) -> list[str]:
        """Return every choice that there is, the best first."""
        scores = self._network.run(observe(subject.kind, facts, history))
        order = np.argsort(-scores, kind="stable")
        return [CHOICES[i] for i in order]


def is_selector(metadata: str) -> bool:
    """Whether the metadata of a policy file is that of a learned planner."""
    try:
        data = json.loads(metadata)
    except json.JSONDecodeError:
        return False
    return isinstance(data, dict) and data.get("skill") == "selector"


def _read(metadata: str, name: str) -> SelectorContract:
    if not is_selector(metadata):
        raise PolicyMismatch(f"{name} is no learned planner. {AGAIN}")
    data = json.loads(metadata)
    try:
        contract = parse(SelectorContract, data, name)
    except ConfigError as error:
        raise PolicyMismatch(f"{error} {AGAIN}") from None
    unknown = sorted(set(contract.known) - set(GOALS))
    if unknown:
        raise PolicyMismatch(f"{name}: there is no goal '{unknown[0]}'. {AGAIN}")
    return contract


def _check_robot(contract: SelectorContract, robot: RobotConfig, name: str) -> None:
    theirs = contract.robot
    if (theirs.name, theirs.revision) != (robot.name, robot.revision):
        raise PolicyMismatch(
            f"{name} has learned of the skills of {theirs.name}, revision "
            f"{theirs.revision}, this is {robot.name}, revision {robot.revision}. "
            "Measure and train for it: praxis model skills"
        )


def _check_golden(contract: SelectorContract, network: Network, name: str) -> None:
    golden = contract.golden
    try:
        observations = decode(golden.observations, (golden.count, len(NAMES)))
        expected = decode(golden.scores, (golden.count, len(CHOICES)))
    except ValueError:
        raise PolicyMismatch(f"{name}: its golden pairs are damaged. {AGAIN}") from None
    for i, observation in enumerate(observations):
        got = network.run(observation)
        off = np.abs(got - expected[i]) / np.maximum(1.0, np.abs(expected[i]))
        if float(off.max()) > SAME_OUTPUT:
            raise PolicyMismatch(
                f"{name}: the network no longer gives its golden scores (pair {i} is "
                f"off by {float(off.max()):.2g}). Copy the file again, or train again."
            )


def decode(text: str, shape: tuple[int, int]) -> Array32:
    """Return an array in the form of `GoldenScores`.

    Raises:
        ValueError: if it is cut short or no base64.
    """
    data = base64.b64decode(text, validate=True)
    return np.frombuffer(data, dtype="<f4").reshape(shape).astype(np.float32)
