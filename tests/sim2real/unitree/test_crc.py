"""The CRC is CRC-32/MPEG-2 over words, as the robot computes it."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sim2real.unitree.crc import crc32, message_crc


def by_definition(words: list[int]) -> int:
    """Divide by the polynomial, one bit at a time, the highest first."""
    remainder = 0xFFFFFFFF
    for word in words:
        for place in reversed(range(32)):
            bit = (word >> place) & 1
            carry = remainder >> 31
            remainder = (remainder << 1) & 0xFFFFFFFF
            if bit ^ carry:
                remainder ^= 0x04C11DB7
    return remainder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], 0xFFFFFFFF),
        # ST's CRC unit computes this very CRC; these two are known for it (AN4187).
        ([0x00000000], 0xC704DD7B),
        ([0x12345678], 0xDF8A8A2B),
        # From the library that comes with unitree_sdk2_python, for 250 and 522 zeros:
        # a LowCmd and a LowState in which everything is 0.
        ([0] * 250, 0xFE172F9F),
        ([0] * 522, 0xD64BB04A),
    ],
)
def test_known_values(words, expected):
    assert crc32(struct.pack(f"<{len(words)}I", *words)) == expected
    assert by_definition(words) == expected


def test_against_the_definition_on_random_words():
    rng = np.random.default_rng(3)
    for length in (1, 2, 3, 17, 64):
        words = rng.integers(0, 2**32, length, dtype=np.uint32)
        assert crc32(words.tobytes()) == by_definition(words.tolist())


def test_the_last_word_is_the_crc_itself():
    data = struct.pack("<2I", 0x12345678, 0xDEADBEEF)
    assert message_crc(data) == 0xDF8A8A2B


def test_half_a_word_is_an_error():
    with pytest.raises(ValueError, match="multiple of element size"):
        crc32(b"abc")
