"""Tell what happened: sentences for a reader, short lines for someone who watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from planners.happenings import Happening, Narrator, What
from planners.trace import Change


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Something that the safety filter noticed."""

    tick: int
    time: float  # robot time [s]
    hazard: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an episode was decided."""

    time: float  # robot time [s]
    success: bool  # what the planner says
    failure: str | None
    sentence: str
    verdict: str  # the judge's: "agrees", "contradicts", "not judged"
    judge: str | None  # its reason


@dataclass(frozen=True, kw_only=True)
class Account:
    """All that is known of one episode."""

    text: str  # the operator's words
    scene: str
    backend: str
    robot: str
    seed: int
    changes: tuple[Change, ...] = ()
    incidents: tuple[Incident, ...] = ()
    ending: Ending | None = None  # None: the run was cut short


def tell(account: Account) -> Iterator[str]:
    """Yield the sentences of a story, in the order of time."""
    yield (
        f'The task was "{account.text}", in scene {account.scene}, with robot '
        f"{account.robot} on the {account.backend} backend, seed {account.seed}."
    )
    narrator = Narrator()
    told: list[tuple[float, str]] = [
        (one.time, f"At {one.time:.1f} s the safety filter stepped in: {one.text}.")
        for one in account.incidents
    ]
    first = True
    for _, changes in groupby(account.changes, key=lambda change: change.tick):
        for happening in narrator.tick(changes):
            told.append((happening.time, sentence(happening, first=first)))
            first = first and happening.what is not What.BEGAN
    told.sort(key=lambda one: one[0])  # stable: incidents come before their effects
    yield from (text for _, text in told)
    yield from _ending(account)


def sentence(happening: Happening, *, first: bool = False) -> str:
    """Return one happening as a sentence; the `first` skill opens the story."""
    node, reason = happening.node, happening.reason
    why, because = _with(": ", reason), _with(", because ", reason)
    after, kind = _after(happening), _kind(happening)
    match happening.what:
        case What.BEGAN:
            text = f"it began {'with ' if first else ''}{node}{because}"
        case What.DONE:
            text = f"{node} ended well{after}{why}"
        case What.STOPPED:
            text = f"{node} was stopped{after}{because}"
        case What.FAILED:
            text = f"{node} failed{kind}{after}{why}{_with('; then: ', happening.then)}"
        case What.SKIPPED:
            text = f"there was nothing to do for {node}{why}"
        case What.WAITED:
            text = f"it waited for {node}{why}"
        case What.LOST:
            text = f"something was lost: {reason or node}"
        case What.NOTED:
            return f"At {happening.time:.1f} s, {_about(happening)}."
    return f"At {happening.time:.1f} s {text}."


def line(happening: Happening) -> str:
    """Return one happening as a line for someone who watches, without its time."""
    node, reason = happening.node, happening.reason
    why = _with(": ", reason)
    after, kind = _after(happening), _kind(happening)
    match happening.what:
        case What.BEGAN:
            return f"▶ {node}{_with(', because ', reason)}"
        case What.DONE:
            return f"✓ {node}{after}{why}"
        case What.STOPPED:
            return f"· {node} stopped{after}{why}"
        case What.FAILED:
            return f"✗ {node}{kind}{after}{why}{_with('; ', happening.then)}"
        case What.SKIPPED:
            return f"✓ {node}, nothing to do{why}"
        case What.WAITED:
            return f"▶ waiting for {node}{why}"
        case What.LOST:
            return f"✗ lost: {reason or node}"
        case What.NOTED:
            return f"· {_about(happening)}"


def _with(sign: str, text: str) -> str:
    return f"{sign}{text}" if text else ""


def _about(happening: Happening) -> str:
    return ": ".join(part for part in (happening.node, happening.reason) if part)


def _after(happening: Happening) -> str:
    lasted = happening.lasted
    return "" if lasted is None else f" after {lasted:.1f} s"


def _kind(happening: Happening) -> str:
    return f" ({happening.failure})" if happening.failure else ""


def _ending(account: Account) -> Iterator[str]:
    end = account.ending
    if end is None:
        times = [change.time for change in account.changes]
        times += [incident.time for incident in account.incidents]
        yield (
            f"The trace stops at {max(times, default=0.0):.1f} s without a result: "
            "the run was cut short."
        )
        return
    yield f"At {end.time:.1f} s it was over: {end.sentence}."
    if end.success:
        because = f": {end.judge}" if end.judge else ""
        yield {
            "agrees": f"The physics agrees{because}.",
            "contradicts": f"The physics contradicts that{because}.",
        }.get(end.verdict, f"Nobody judged whether that is true{because}.")
