"""An excitation that is over in a moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim2real.identification import excitation


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only fingers, and only for a moment."""
    hands = next(sweep for sweep in excitation.SWEEPS if sweep.name == "hands")
    short = replace(hands, groups=("left_hand",), fit_s=1.2, judge_s=1.0)
    monkeypatch.setattr(excitation, "SWEEPS", (short,))
    monkeypatch.setattr(excitation, "MOVE_S", 0.6)
