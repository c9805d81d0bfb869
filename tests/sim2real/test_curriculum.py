"""The curriculum: when ranges widen, when they narrow, and what it remembers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from configs.training_schema import CurriculumConfig
from sim2real.curriculum import Change, Curriculum

CONFIG = CurriculumConfig(
    start=0.3,
    lowest=0.2,
    highest=0.45,
    step=0.1,
    harder_above=0.8,
    easier_below=0.5,
    episodes=10,
    patience=2,
)


def levels(curriculum: Curriculum, *successes: int) -> list[float]:
    """Feed rates over ten episodes each; return the level after each."""
    seen = []
    for number, count in enumerate(successes):
        curriculum.note(count, 10, 100 * number)
        seen.append(curriculum.level)
    return seen


def test_two_good_rates_in_a_row_widen_the_ranges_by_one_step_up_to_the_bound():
    seen = levels(Curriculum(CONFIG), 9, 9, 10, 10, 10, 10)
    assert seen == [0.3, 0.4, 0.4, 0.45, 0.45, 0.45]


def test_two_bad_rates_in_a_row_narrow_them_down_to_the_bound():
    assert levels(Curriculum(CONFIG), 4, 4, 0, 0) == [0.3, 0.2, 0.2, 0.2]


def test_between_the_thresholds_and_after_one_good_rate_nothing_changes():
    # 8 of 10 is not above 0.8, 5 of 10 is not below 0.5.
    assert set(levels(Curriculum(CONFIG), 8, 5, 9, 6, 9, 4, 9, 4)) == {0.3}


def test_episodes_are_gathered_until_there_are_enough():
    curriculum = Curriculum(CONFIG.model_copy(update={"patience": 1}))
    assert not curriculum.note(5, 5, 10)
    assert not curriculum.note(3, 4, 20)
    assert curriculum.history == []
    assert curriculum.note(1, 1, 30)  # 9 of 10
    assert curriculum.history == [Change(steps=30, success=0.9, level=0.4)]


def test_it_goes_on_from_what_was_saved():
    whole, first = Curriculum(CONFIG), Curriculum(CONFIG)
    levels(first, 9, 9, 9)
    first.note(4, 5, 300)
    second = Curriculum(CONFIG)
    second.restore(first.saved())
    levels(whole, 9, 9, 9)
    whole.note(4, 5, 300)
    for one in (whole, second):
        one.note(5, 5, 310)
    assert second.level == whole.level == 0.45
    assert second.history == whole.history


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": 0.6}, r"start 0\.6 lies outside \[0\.2, 0\.45\]"),
        ({"easier_below": 0.8}, "has to be less than harder_above"),
    ],
)
def test_bounds_and_thresholds_have_to_make_sense(changes, words):
    with pytest.raises(ValidationError, match=words):
        CurriculumConfig.model_validate({**CONFIG.model_dump(), **changes})
