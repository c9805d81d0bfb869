"""Follow a tree tick by tick and note what changed, one entry a node."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from py_trees.behaviour import Behaviour
from py_trees.common import Status

GONE = "gone"  # the status of a node that was taken out of the tree

_MEASURED = re.compile(
    r"(?P<count>\b(?:step|item|time|round|retry|recovery|attempt) \d+)"
    r"|(?<![\w.])[-+]?\d+(?:\.\d+)?"
)
"""A number that measures; one that counts, or belongs to a name, does not."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one node says from this tick on."""

    tick: int  # control ticks since the robot was reset
    time: float  # robot time [s]
    id: str  # its place when it was first seen, and its own for as long as it lives
    node: str
    kind: str  # the name of its class
    status: str  # py_trees' words, in small letters, or "gone"
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """How a node looked when it was looked at last."""

    id: str
    name: str
    status: Status
    message: str
    words: str  # the message without its measurements


class Tracer:
    """Compares a tree with how it was a tick ago.

    A node is noted when its status changes, or its reason does in more than its
    measurements: seconds that pass and distances that shrink are no news.

    The id of a node is a path: "0.2.1" is the second child of the third child of the
    root. A child that comes later, wherever it is put, gets the next number of its
    parent, and no number is used twice.
    """

    def __init__(self) -> None:
        """Begin with a tree that was never seen, so that every node is news."""
        self._seen: dict[Behaviour, _Seen] = {}
        self._children: Counter[str] = Counter()  # of each id, those that left too

    def changes(self, root: Behaviour, tick: int, time: float) -> tuple[Change, ...]:
        """Return what is new: parents before their children, what left at the end."""
        seen: dict[Behaviour, _Seen] = {}
        found: list[tuple[_Seen, str, str, str]] = []
        self._look(root, "", seen, found)
        for node, last in self._seen.items():
            if node not in seen:
                # It may have come to its end in the same tick.
                ended = last.status is Status.RUNNING
                words = node.feedback_message if ended else ""
                found.append((last, type(node).__name__, GONE, words))
        self._seen = seen
        return tuple(
            Change(
                tick=tick,
                time=round(time, 6),
                id=now.id,
                node=now.name,
                kind=kind,
                status=status,
                reason=reason,
            )
            for now, kind, status, reason in found
        )

    def _look(
        self,
        node: Behaviour,
        parent: str,
        seen: dict[Behaviour, _Seen],
        found: list[tuple[_Seen, str, str, str]],
    ) -> None:
        """Look at a node and those below it, and note what is new."""
        last = self._seen.get(node)
        now = self._now(node, last, parent)
        seen[node] = now
        if last is None or (now is not last and _is_news(last, now)):
            status = now.status.value.lower()
            found.append((now, type(node).__name__, status, _reason(last, now)))
        for child in node.children:
            self._look(child, now.id, seen, found)

    def _now(self, node: Behaviour, last: _Seen | None, parent: str) -> _Seen:
        """Return how a node looks, the very same object if nothing changed."""
        message = node.feedback_message
        if last is None:
            place = f"{parent}.{self._children[parent]}" if parent else "0"
            self._children[parent] += 1
        elif (last.status, last.message, last.name) == (
            node.status,
            message,
            node.name,
        ):
            return last
        else:
            place = last.id
        return _Seen(
            id=place,
            name=node.name,
            status=node.status,
            message=message,
            words=without_measurements(message),
        )


def without_measurements(text: str) -> str:
    """Return a reason with `#` for each number that measures something."""
    return _MEASURED.sub(lambda found: found["count"] or "#", text)


def _is_news(last: _Seen, now: _Seen) -> bool:
    if (last.name, last.status) != (now.name, now.status):
        return True
    if now.status is Status.INVALID:
        # It was visited and put back between two looks; time alone changes nothing.
        return last.message != now.message
    return last.words != now.words


def _reason(last: _Seen | None, now: _Seen) -> str:
    """Return the reason of a status; what is not reached keeps that of another one."""
    if now.status is Status.INVALID and last is not None:
        fresh = last.status is Status.RUNNING or last.message != now.message
        return now.message if fresh else ""
    return now.message
