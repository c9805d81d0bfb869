"""The place that a video is drawn in."""

from __future__ import annotations

import pytest

from app.build import read_plan
from app.options import RunOptions
from app.place import draw_place
from app.run_command import Outputs, check_outputs
from configs.loader import ConfigError
from sim2real.surroundings import Surroundings


def test_the_same_seed_is_the_same_place() -> None:
    assert draw_place(None) == Surroundings()
    assert draw_place("nominal:3") == Surroundings()
    assert draw_place("hard:3") == draw_place("hard:3")
    assert draw_place("hard:3").light_scale != draw_place("hard:4").light_scale


@pytest.mark.parametrize("word", ["hard", "hard:x", ":3"])
def test_a_place_without_ranges_or_seed_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=r"expected ranges and a seed, such as hard"):
        draw_place(word)


def test_light_is_for_videos() -> None:
    plan = read_plan("stand", RunOptions(backend="fake"))
    with pytest.raises(ConfigError, match=r"--light hard:3 is for a video"):
        check_outputs(plan, Outputs(light="hard:3"))
