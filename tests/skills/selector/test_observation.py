"""The observation before a choice: which number says what."""

from __future__ import annotations

import numpy as np
import pytest

from skills.selector.observation import NAMES, History, observe


def named(kind: str, facts: set[str], history: History) -> dict[str, float]:
    """Return the numbers that are not zero, by name."""
    values = observe(kind, frozenset(facts), history)
    return {name: float(v) for name, v in zip(NAMES, values, strict=True) if v != 0.0}


def test_at_the_start_there_are_only_facts_and_a_goal() -> None:
    assert named("holding", {"upright", "visible"}, History()) == {
        "fact: upright": 1.0,
        "fact: visible": 1.0,
        "goal: holding": 1.0,
    }


def test_a_choice_that_failed_twice_of_three() -> None:
    history = History().then("approach", "success")
    history = history.then("grasp", "timeout").then("grasp", "timeout")
    assert named("on", set(), history) == {
        "goal: on": 1.0,
        "last choice: grasp": 1.0,
        "last outcome: timeout": 1.0,
        "failures here, as a share of 3: grasp": pytest.approx(2 / 3),
        "skills started so far, as a share of 12": pytest.approx(0.25),
    }


def test_a_rare_failure_is_another_one() -> None:
    assert "last outcome: other" in named("on", set(), History().then("go", "contract"))


def test_a_success_ends_a_row_of_failures() -> None:
    history = History().then("grasp", "timeout").then("grasp", "success")
    assert history.failures("grasp") == 0
    assert history.then("grasp", "dropped").failures("grasp") == 1
    assert history.failures("place") == 0


def test_a_walk_begins_anew_and_waiting_does_not() -> None:
    history = History().then("grasp", "timeout")
    assert history.then("wait", "success").failures("grasp") == 1
    assert history.then("step_back", "success").failures("grasp") == 0


def test_no_number_leaves_its_range() -> None:
    history = History()
    for _ in range(40):
        history = history.then("wait", "timeout")
    values = observe("at", frozenset(), history)
    assert values.dtype == np.float32
    assert values.shape == (36,)
    assert values.min() == 0.0
    assert values.max() == 1.0
