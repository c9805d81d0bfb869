"""Decode many messages at once: those that differ in nothing but their numbers.

The library decodes one of them. Encoded again with marks in the places of its numbers,
it shows where they are, and all others are read from there as one table. A message
with other names, lengths or words begins a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.robot_log.encoding import encode, places_of
from sim2real.robot_log.file_contents import Topic

Array = NDArray[np.float64]

FEW = 3  # so few of a kind are not worth a table
MOST_TABLES = 60  # then messages are decoded one by one
_STAMP = np.array([0x5EC5EC5, 0x0A0A0A5], "<u4")
_NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Table:
    """Messages of one kind."""

    example: SimpleNamespace  # one of them, for its names
    rows: NDArray[np.intp]  # which messages of the topic they are, (T,)
    stamp_ns: NDArray[np.int64]  # of the header, (T,)
    numbers: dict[str, Array]  # by path, such as `pose.pose.position.x`, (T, k)

    def column(self, *paths: str) -> Array:
        """Return some numbers side by side, (T, k)."""
        return np.concatenate([self.numbers[path] for path in paths], axis=1)


def tables_of(topic: Topic) -> list[Table]:
    """Return all messages of a topic that have a header, in few tables."""
    left = np.arange(len(topic.data))
    lengths = np.array([len(data) for data in topic.data])
    tables: list[Table] = []
    while len(left):
        first = int(left[0])
        alike = left[lengths[left] == lengths[first]]
        table = None
        if len(alike) >= FEW and len(tables) < MOST_TABLES:
            table = _read_together(topic, first, alike)
        table = table or _read_alone(topic, first)
        tables.append(table)
        left = np.setdiff1d(left, table.rows)
    return tables


def _read_alone(topic: Topic, row: int) -> Table:
    message = topic.decode(topic.data[row])
    stamp = message.header.stamp
    return Table(
        example=message,
        rows=np.array([row]),
        stamp_ns=np.array([int(stamp.sec) * _NS + int(stamp.nanosec)]),
        numbers={
            path: np.atleast_2d(np.asarray(value, np.float64))
            for path, value in _numbers_in(message)
        },
    )


def _read_together(topic: Topic, first: int, alike: NDArray[np.intp]) -> Table | None:
    """Return the messages that are like the first, or None if it cannot be marked."""
    message = topic.decode(topic.data[first])
    sizes = {path: np.size(value) for path, value in _numbers_in(message)}
    marks = _distinct_marks(sizes)
    marked = encode(topic.type_name, _marked(message, marks), topic.definition)
    raw = np.frombuffer(b"".join(topic.data[i] for i in alike), np.uint8)
    raw = raw.reshape(len(alike), -1)
    if len(marked) != raw.shape[1]:
        return None
    fixed = np.ones(len(marked), dtype=np.bool_)
    found: dict[str, tuple[int, str]] = {}
    for path, mark in marks.items():
        place = _place_of(marked, mark)
        if place is None:
            return None
        at, kind = place
        fixed[at : at + len(mark) * int(kind[-1])] = False
        found[path] = place
    stamps = places_of(marked, _STAMP.tobytes())
    if not stamps:
        return None
    for at in stamps:
        fixed[at : at + 8] = False
    same = (raw[:, fixed] == np.frombuffer(topic.data[first], np.uint8)[fixed]).all(1)
    raw = raw[same]
    stamp = _cut(raw, stamps[0], 2, "<u4").astype(np.int64)
    numbers = {
        path: _cut(raw, at, sizes[path], kind).astype(np.float64)
        for path, (at, kind) in found.items()
    }
    return Table(
        example=message,
        rows=alike[same],
        stamp_ns=stamp[:, 0] * _NS + stamp[:, 1],
        numbers=numbers,
    )


def _distinct_marks(sizes: dict[str, int]) -> dict[str, Array]:
    """Return numbers of which no two are equal, and single precision holds each."""
    marks: dict[str, Array] = {}
    used = 0
    for path, size in sizes.items():
        counted = np.arange(used, used + size, dtype=np.float64)
        marks[path] = (1 << 20) + 97 * counted
        used += size
    return marks


def _place_of(data: bytes, mark: Array) -> tuple[int, str] | None:
    for kind in ("<f8", "<f4"):
        places = places_of(data, mark.astype(kind).tobytes())
        if len(places) == 1:
            return places[0], kind
    return None


def _cut(raw: NDArray[np.uint8], at: int, count: int, kind: str) -> NDArray[Any]:
    width = int(kind[-1]) * count
    return np.ascontiguousarray(raw[:, at : at + width]).view(kind)


def _numbers_in(message: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every floating-point number, or array of them, with its path."""
    for key in message.__slots__:
        value, here = getattr(message, key), f"{path}{key}"
        if isinstance(value, float) or _is_floats(value):
            yield here, value
        elif hasattr(value, "__slots__") and key != "stamp":
            yield from _numbers_in(value, f"{here}.")


def _marked(message: Any, marks: dict[str, Array], path: str = "") -> dict[str, Any]:
    """Return a message as a mapping, with marks in the places of its numbers."""
    result: dict[str, Any] = {}
    for key in message.__slots__:
        value, here = getattr(message, key), f"{path}{key}"
        if here in marks:
            mark = marks[here].tolist()
            result[key] = mark[0] if isinstance(value, float) else mark
        elif key == "stamp":
            result[key] = {"sec": int(_STAMP[0]), "nanosec": int(_STAMP[1])}
        elif hasattr(value, "__slots__"):
            result[key] = _marked(value, marks, f"{here}.")
        else:
            result[key] = value
    return result


def _is_floats(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], float)
