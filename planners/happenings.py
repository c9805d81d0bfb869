"""Turn changes in a tree into what a person would tell: skills, failures, remedies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from planners.trace import GONE, Change
from planners.tree_memory import TreeMemory, above
from skills.contract import Failure

_TYPE = re.compile(r" \((" + "|".join(failure.value for failure in Failure) + r")\)$")
_DONE = re.compile(r"^done in [\d.]+ s: ")
_IDLE = ("invalid", GONE)


class What(IntEnum):
    """The kinds of happenings, in the order in which one tick's are told."""

    DONE = 0  # a skill kept its promise
    FAILED = 1  # a skill failed, or could not begin
    STOPPED = 2  # a skill was stopped, for better or worse
    LOST = 3  # something that held does not any more
    SKIPPED = 4  # nothing had to be done
    WAITED = 5  # something holds and has to last
    NOTED = 6  # an inner node has something to say
    BEGAN = 7  # a skill began


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happened, at one tick."""

    what: What
    time: float  # robot time [s]
    node: str  # empty where it is about the whole task
    reason: str = ""
    lasted: float | None = None  # how long the skill ran [s]
    failure: str = ""  # its type
    then: str = ""  # what the tree makes of a failure


class Narrator:
    """Follows one tree and says what each tick brought."""

    def __init__(self) -> None:
        """Begin before the first tick."""
        self._memory = TreeMemory()
        self._began: dict[str, float] = {}  # skills that run
        self._worked: set[str] = set()  # inner nodes below which a skill ran

    def tick(self, changes: Iterable[Change]) -> list[Happening]:
        """Return what happened in one tick."""
        memory = self._memory
        new = {change.id: change for change in changes}
        was = {place: memory.now[place] for place in new if place in memory.now}
        memory.take(new.values())
        found = [
            happening
            for place, change in new.items()
            if memory.is_leaf(place)
            for happening in self._leaf(was.get(place), change, was, new)
        ]
        found += self._said(was, new, found)
        self._worked -= {place for place in new if new[place].status in _IDLE}
        memory.drop(new.values())
        return sorted(found, key=lambda happening: happening.what)

    # --- leaves ---------------------------------------------------------------------

    def _leaf(
        self,
        last: Change | None,
        now: Change,
        was: dict[str, Change],
        new: dict[str, Change],
    ) -> Iterator[Happening]:
        before = last.status if last is not None else "invalid"
        after = now.status
        if self._memory.is_skill(now):
            if before != "running" and after == "running":
                yield self._begin(now)
            elif before == "running" and after != "running":
                yield self._end(now, was, new)
            # Also one that could not begin and was put back in the same tick.
            elif after == "failure" or (
                after == "invalid" and _TYPE.search(now.reason)
            ):
                yield self._fail(now, new)
            elif after == "success" and before != "success":
                yield _happening(What.DONE, now, _DONE.sub("", now.reason))
        elif after == "success" and before != "success":
            parent = now.id.rpartition(".")[0]
            if self._spared(parent, new):
                yield replace(
                    _happening(What.SKIPPED, now), node=self._memory.now[parent].node
                )
        elif after == "running" and before != "running":
            yield _happening(What.WAITED, now)
        elif after == "failure" and before == "success":
            yield _happening(What.LOST, now, _unmet(now))

    def _begin(self, now: Change) -> Happening:
        self._began[now.id] = now.time
        self._worked.update(above(now.id))
        for asked in self._memory.beside(now.id):
            if asked.status == "failure":
                # What was measured long ago is not what is so now.
                reason = _unmet(asked, measured=asked.tick == now.tick)
                return _happening(What.BEGAN, now, reason)
        return _happening(What.BEGAN, now, "")

    def _end(
        self, now: Change, was: dict[str, Change], new: dict[str, Change]
    ) -> Happening:
        lasted = now.time - self._began.pop(now.id, now.time)
        # The reason outlives a status that was put back in the same tick.
        if now.status == "success" or _DONE.match(now.reason):
            done = _happening(What.DONE, now, _DONE.sub("", now.reason))
            return replace(done, lasted=lasted)
        if now.status == "failure" or _TYPE.search(now.reason):
            return replace(self._fail(now, new), lasted=lasted)
        stopped = _happening(What.STOPPED, now, self._turn(now, was, new))
        return replace(stopped, lasted=lasted)

    def _turn(self, now: Change, was: dict[str, Change], new: dict[str, Change]) -> str:
        """Return which condition on the way to a skill turned in this tick, if any."""
        for asked in self._memory.beside(now.id):
            last = was.get(asked.id)
            before = last.status if last is not None else "invalid"
            if new.get(asked.id) is not asked or before == asked.status:
                continue
            if asked.status == "success":
                return asked.reason or asked.node
            if asked.status == "failure" and before == "success":
                return _unmet(asked)
        return ""

    def _fail(self, now: Change, new: dict[str, Change]) -> Happening:
        self._worked.update(above(now.id))
        kind = _TYPE.search(now.reason)
        reason = _TYPE.sub("", now.reason)
        said: list[str] = []
        for place in reversed(above(now.id)):
            parent = new.get(place)
            if parent is not None and parent.status in ("running", "failure"):
                text = _beyond(reason, parent.reason)
                # Often a parent repeats its child.
                if text and not any(text in other for other in (now.reason, *said)):
                    said.append(text)
        return replace(
            _happening(What.FAILED, now, reason),
            failure=kind[1] if kind else "",
            then="; ".join(said),
        )

    def _spared(self, parent: str, new: dict[str, Change]) -> bool:
        """Whether a condition spared its parent the skills that it has for it."""
        return (
            parent in new
            and new[parent].status == "success"
            and parent not in self._worked
            and self._memory.has_skills(parent)
            # That a skill finds what it needs is nothing to tell.
            and not self._memory.has_own_skill(parent.rpartition(".")[0])
        )

    # --- inner nodes ----------------------------------------------------------------

    def _said(
        self, was: dict[str, Change], new: dict[str, Change], found: list[Happening]
    ) -> Iterator[Happening]:
        """Yield what inner nodes say that was not said yet in this tick."""
        told = [text for one in found for text in (one.reason, one.then) if text]
        for place, now in reversed(new.items()):  # those that know best first
            if self._memory.is_leaf(place) or now.status in _IDLE:
                continue
            if place == "0" and now.status != "running":
                continue  # the result is told at the end of the story
            last = was.get(place)
            text = now.reason
            if not text or (last is not None and last.reason == text):
                continue
            if not any(text in other or other in text for other in told):
                told.append(text)
                noted = _happening(What.NOTED, now)
                yield replace(noted, node="") if place == "0" else noted


def _happening(what: What, change: Change, reason: str | None = None) -> Happening:
    return Happening(
        what=what,
        time=change.time,
        node=change.node,
        reason=change.reason if reason is None else reason,
    )


def _unmet(asked: Change, *, measured: bool = True) -> str:
    """Return what a condition that failed had to say, in the past tense."""
    text = asked.reason.removeprefix("does not hold, ")
    if text != asked.reason:
        name, _, found = text.partition(": ")
        return f"{name} did not hold" + (f": {found}" if measured and found else "")
    return text or f"{asked.node} did not hold"


def _beyond(reason: str, said: str) -> str:
    """Return what a parent says beyond the failure of its child."""
    return said.partition(reason)[2].lstrip("; ") if reason in said else said
