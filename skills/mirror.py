"""Left-right mirroring of joint vectors and observation terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A signed permutation: mirrored = sign * values[..., index]."""

    index: NDArray[np.intp]
    sign: NDArray[np.float32]

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mirror image of (..., n)."""
        return values[..., self.index] * self.sign

    @staticmethod
    def of(index: Sequence[int], sign: Sequence[float]) -> Mirror:
        """Build from plain lists."""
        return Mirror(
            index=np.array(index, dtype=np.intp), sign=np.array(sign, dtype=np.float32)
        )


def join(mirrors: Sequence[Mirror]) -> Mirror:
    """Return the mirror of concatenated vectors."""
    starts = np.cumsum([0] + [len(m.index) for m in mirrors])
    return Mirror(
        index=np.concatenate(
            [m.index + start for m, start in zip(mirrors, starts[:-1], strict=True)]
        ),
        sign=np.concatenate([m.sign for m in mirrors]),
    )


def mirror_name(joint: str) -> str:
    """Return the joint on the other side; a joint of the trunk is its own."""
    if joint.startswith("left_"):
        return "right_" + joint.removeprefix("left_")
    if joint.startswith("right_"):
        return "left_" + joint.removeprefix("right_")
    return joint


def flips(joint: str) -> bool:
    """Whether the mirrored joint turns the other way.

    In a mirror image turns about x (roll) and z (yaw) change sign, turns about y
    (pitch) do not. Fingers turn about z, the thumb's first joint about y.
    """
    if "_hand_" in joint:
        return "thumb_0" not in joint
    return "roll" in joint or "yaw" in joint


def joint_mirror(names: Sequence[str]) -> Mirror:
    """Return the mirror of a joint vector that holds both sides.

    Raises:
        ValueError: if a joint's counterpart is not among `names`.
    """
    place = {name: i for i, name in enumerate(names)}
    missing = [name for name in names if mirror_name(name) not in place]
    if missing:
        raise ValueError(
            f"'{missing[0]}' cannot be mirrored: '{mirror_name(missing[0])}' "
            "is not in the vector"
        )
    return Mirror.of(
        [place[mirror_name(name)] for name in names],
        [-1.0 if flips(name) else 1.0 for name in names],
    )
