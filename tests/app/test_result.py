"""Many episodes become a rate, an interval, and counts of failures."""

from __future__ import annotations

import numpy as np
import pytest

from app.judge import NO_PHYSICS, Judgement, Verdict
from app.result import EpisodeResult, Summary, tick_ms, wilson_interval
from skills.contract import Failure


def result(success=True, verdict=Verdict.AGREES, failure=None, ticks=()):
    return EpisodeResult(
        seed=7,
        success=success,
        failure=failure,
        sentence="a sentence",
        duration_s=12.34567,
        judgement=Judgement(verdict=verdict, reason="measured"),
        tick_s=np.array(ticks),
    )


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.959964:
        # 8 of 10: (0.8 + 0.19207 +- 1.959964 sqrt(0.016 + 0.0096036)) / 1.384146
        (8, 10, 0.4902, 0.9433),
        # 0 of 10: from 0 to z^2 / (n + z^2) = 3.84146 / 13.84146
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilsons_interval(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_done_needs_both_the_planner_and_the_judge():
    agreed = result()
    assert agreed.done and agreed.verified and not agreed.contradicted
    contradicted = result(verdict=Verdict.CONTRADICTS)
    assert contradicted.contradicted
    assert not contradicted.done and not contradicted.verified
    failed = result(success=False, failure=Failure.TIMEOUT)
    assert not failed.done and not failed.verified and not failed.contradicted


def test_a_rehearsal_is_done_but_never_verified():
    rehearsed = result(verdict=NO_PHYSICS.verdict)
    assert rehearsed.done and not rehearsed.verified


def test_a_summary_counts():
    summary = Summary(
        episodes=[
            result(ticks=(0.001, 0.002)),
            result(ticks=(0.003,)),
            result(verdict=Verdict.CONTRADICTS),
            result(success=False, failure=Failure.TIMEOUT),
            result(success=False, failure=Failure.DROPPED),
            result(success=False, failure=Failure.DROPPED),
        ]
    )
    data = summary.as_dict()
    assert data["success_rate"] == 0.3333
    assert data["contradicted"] == 1
    assert data["failures"] == {"dropped": 2, "timeout": 1}
    assert data["judged"] is True
    assert data["tick_ms"]["p50"] == 2.0
    assert data["tick_ms"]["max"] == 3.0
    assert len(data["episodes"]) == 6
    assert data["episodes"][0]["duration_s"] == 12.346


def test_no_episodes_give_no_rate():
    data = Summary(episodes=[]).as_dict()
    assert data["success_rate"] is None
    assert data["ci95"] == [0.0, 1.0]
    assert data["tick_ms"] is None


def test_percentiles_of_a_hundred_ticks():
    # 1, 2, ..., 100 ms; numpy interpolates: p50 = 50.5, p99 = 99.01.
    assert tick_ms(np.arange(1, 101) / 1000) == {
        "p50": 50.5,
        "p99": 99.01,
        "max": 100.0,
    }
