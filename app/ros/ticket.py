"""What becomes of a request: an answer in one line, or a ticket for a task."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.operators.desk import Desk
from app.result import EpisodeResult
from configs.loader import ConfigError
from planners.llm_address import LlmError
from planners.task import Task
from planners.vocabulary import LanguageError
from skills.contract import Failure, GoalError
from skills.policy_contract import PolicyMismatch

BAD_REQUEST = (ConfigError, GoalError, LanguageError, LlmError, PolicyMismatch)
"""What a request may be refused with; each is one line for a person."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What becomes of a request."""

    accepted: bool
    text: str  # one line for a person


@dataclass
class Ticket:
    """A task that was accepted."""

    task: Task
    result: EpisodeResult | None = None  # once it is over
    desk: Desk = field(default_factory=Desk)

    @property
    def over(self) -> bool:
        """Whether it ended, well or not."""
        return self.result is not None


def impossible(seed: int, reason: str) -> EpisodeResult:
    """Return the result of a task that turned out to make no sense here."""
    return EpisodeResult(
        seed=seed,
        success=False,
        failure=Failure.CONTRACT,
        sentence=f"the task makes no sense in this world: {reason}",
        duration_s=0.0,
    )


def one_line(error: Exception) -> str:
    """Return what an error says, without line breaks."""
    return " ".join(str(error).split())
