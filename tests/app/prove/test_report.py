"""Figures of `praxis prove`, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.prove.report import against_nominal, mean_and_half, summary


def test_a_mean_has_students_interval() -> None:
    # Two values 0.2 apart: deviation 0.1414, over root 2 that is 0.1, times 12.71.
    mean, half = mean_and_half([0.1, 0.3])
    assert mean == pytest.approx(0.2)
    assert half == pytest.approx(1.271, abs=1e-3)


def test_a_zero_is_told_as_a_zero(records: dict[str, dict[str, Any]]) -> None:
    nominal = {k: v for k, v in records.items() if k.startswith("nominal")}
    both = {**nominal, **{k.replace("nominal", "all"): v for k, v in nominal.items()}}
    lines = against_nominal(summary(both, ("nominal", "all")))
    assert lines == [
        "all against nominal: velocity error +0 %, falls under pushes +0 points, "
        "grasps +0 points, tasks +0 points"
    ]
