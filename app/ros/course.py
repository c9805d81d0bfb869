"""What the node tells a judge who is elsewhere, and what the judge answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.judge import Judgement, Verdict
from planners.task import Achieve, Step, Task
from planners.task_file import dump_task, task_from_data


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the node tells the judge: the task, what was done, whether it is over."""

    number: int  # of the task, since the node started
    task: Task
    kept: tuple[Step | Achieve, ...] = ()
    success: bool | None = None  # None: it runs
    over_at_ns: int = 0  # stamp of the state at which it was decided

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data that JSON can hold."""
        steps = dump_task(Task(text="kept", items=self.kept)) if self.kept else None
        return {
            "number": self.number,
            "task": dump_task(self.task),
            "kept": steps,
            "success": self.success,
            "over_at_ns": self.over_at_ns,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Course:
        """Read what `as_data` returned.

        Raises:
            ConfigError: if a task in it is none.
            KeyError: if something is missing.
        """
        kept: tuple[Any, ...] = ()
        if data["kept"]:
            kept = task_from_data(data["kept"], "task_course, kept").items
        return cls(
            number=int(data["number"]),
            task=task_from_data(data["task"], "task_course, task"),
            kept=kept,
            success=data["success"],
            over_at_ns=int(data["over_at_ns"]),
        )


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What the judge says about one task."""

    number: int
    success: bool  # what the node says
    over_at_ns: int  # as the node told it
    judgement: Judgement

    def as_data(self, seed: int) -> dict[str, Any]:
        """Return it as plain data that JSON can hold; `seed` is the world's."""
        return {
            "number": self.number,
            "seed": seed,
            "success": self.success,
            "over_at_ns": self.over_at_ns,
            "verdict": self.judgement.verdict.value,
            "reason": self.judgement.reason,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Sentence:
        """Read what `as_data` returned.

        Raises:
            KeyError: if something is missing.
            ValueError: if there is no such verdict.
        """
        return cls(
            number=int(data["number"]),
            success=bool(data["success"]),
            over_at_ns=int(data["over_at_ns"]),
            judgement=Judgement(
                verdict=Verdict(data["verdict"]), reason=str(data["reason"])
            ),
        )
