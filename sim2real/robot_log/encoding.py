"""Encode a message as CDR once, then change only its numbers.

All messages of one topic have the same names and the same lengths, tick after tick.
So the library encodes the first one, and later ones are that one with other numbers
in the same places: a few microseconds instead of some hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from struct import Struct
from struct import error as StructError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.robot_log.definitions import definition_of

Numbers = Sequence[float] | NDArray[Any]
STAMP = "stamp"
FEW = 16  # so few numbers are quicker without numpy
_STAMP = Struct("<2I")
_NS = 1_000_000_000


class Stencil:
    """A message whose numbers can be replaced."""

    def __init__(
        self,
        type_name: str,
        build: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        slots: Mapping[str, tuple[int, str]],
    ) -> None:
        """Encode the message with marks in the places of its numbers.

        Args:
            type_name: such as `sensor_msgs/msg/JointState`.
            build: makes the message out of a list of numbers for each slot. Slot
                `stamp` is there too: `{"sec": ..., "nanosec": ...}`, to be used for
                each stamp in the message.
            slots: how many numbers, and of which numpy type, by name.
        """
        rng = np.random.default_rng(0)
        marks = {
            name: rng.uniform(1e3, 1e6, count).astype(dtype)
            for name, (count, dtype) in slots.items()
        }
        stamp = np.array([0x5EC5EC5, 0x0A0A0A5], "<u4")
        message = build(
            {
                STAMP: {"sec": int(stamp[0]), "nanosec": int(stamp[1])},
                **{name: mark.tolist() for name, mark in marks.items()},
            }
        )
        self._data = data = bytearray(encode(type_name, message))
        self._stamps = places_of(data, stamp.tobytes())
        self._few: dict[str, tuple[Struct, int]] = {}
        self._many: dict[str, NDArray[Any]] = {}
        for name, mark in marks.items():
            if not len(mark):
                continue
            at, kind = _place(data, mark.tobytes()), mark.dtype
            if len(mark) <= FEW:
                letter = "d" if kind.itemsize == 8 else "f"
                self._few[name] = Struct(f"<{len(mark)}{letter}"), at
            else:
                self._many[name] = np.frombuffer(data, kind, len(mark), at)

    def fill(self, stamp_ns: int, numbers: Mapping[str, Numbers]) -> bytes:
        """Return the message with these numbers, in the slots' order and size.

        Raises:
            ValueError: if there are more or fewer numbers than the slot has.
        """
        seconds, rest = divmod(stamp_ns, _NS)
        for at in self._stamps:
            _STAMP.pack_into(self._data, at, seconds, rest)
        try:
            for name, (packer, at) in self._few.items():
                packer.pack_into(self._data, at, *numbers[name])
        except StructError as error:
            raise ValueError(f"{name}: {error}") from None
        for name, slot in self._many.items():
            slot[:] = numbers[name]
        return bytes(self._data)


def encode(
    type_name: str, message: Mapping[str, Any], definition: str | None = None
) -> bytes:
    """Return one message as CDR, encoded by the library.

    Args:
        type_name: such as `sensor_msgs/msg/JointState`.
        message: its fields.
        definition: of the type; ours if None.
    """
    from mcap.reader import make_reader
    from mcap.writer import CompressionType
    from mcap_ros2.writer import Writer

    file = BytesIO()
    writer = Writer(file, compression=CompressionType.NONE)
    schema = writer.register_msgdef(type_name, definition or definition_of(type_name))
    writer.write_message("/", schema, message, log_time=0)
    writer.finish()  # type: ignore[no-untyped-call]
    file.seek(0)
    _, _, written = next(iter(make_reader(file).iter_messages()))
    return bytes(written.data)


def places_of(data: bytes | bytearray, mark: bytes) -> list[int]:
    """Return where some bytes lie in others."""
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


def _place(data: bytes | bytearray, mark: bytes) -> int:
    (only,) = places_of(data, mark)
    return only
