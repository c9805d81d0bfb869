"""A learning curve becomes a picture, whatever figures it has."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="curves are drawn with matplotlib")

from skills.training.curve import draw_curve

TEXTS = {
    "legs": "steps,velocity_error,fall_rate_hz\n1000,0.5,0.1\n2000,0.4,0.05\n",
    "hands": "steps,success,action_std\n1000,nan,0.2\n2000,0.5,0.2\n",
    "holes": "steps,velocity_error\n1000,\n2000\n3000,0.2\n",
    "other": "steps,colour\n1000,3\n",
    "header": "steps,velocity_error\n",
    "nothing": "",
}


def size(picture: Path) -> tuple[int, int]:
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.mark.parametrize("name", list(TEXTS))
def test_a_picture_is_drawn(name: str, tmp_path: Path) -> None:
    source, picture = tmp_path / "curve.csv", tmp_path / "curve.png"
    source.write_text(TEXTS[name])
    draw_curve(source, picture, f"{name}, seed 1")
    # 9 inches wide and 2.2 high for each figure, at 110 dots per inch
    figures = 2 if name in ("legs", "hands") else 1
    assert size(picture) == (990, 242 * figures)
