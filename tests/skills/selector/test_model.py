"""The model of the skills: what is kept of measurements, what is drawn from them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from configs.loader import ConfigError
from skills.selector.model import SkillModel
from skills.selector.model_file import (
    MODEL_FILE,
    Sample,
    Source,
    interval,
    situations,
)

FILE = Path(__file__).parents[2] / "skills_model.json"
FAR = frozenset({"upright", "visible", "reachable"})
NEAR = FAR | {"in_reach", "at_object"}


@pytest.fixture
def model() -> SkillModel:
    return SkillModel.read(FILE)


def sample(choice: str, before: frozenset[str], after: frozenset[str]) -> Sample:
    return Sample(
        kind="on",
        choice=choice,
        before=before,
        again=False,
        outcome="success",
        after=after,
        seconds=2.0,
    )


def test_a_model_is_written_as_it_was_read(model: SkillModel, tmp_path: Path) -> None:
    model.write(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == FILE.read_text()


def test_one_more_episode_is_counted(model: SkillModel) -> None:
    model.add(("on", FAR), [sample("approach", FAR, NEAR)])
    assert model.episodes == 11
    assert len(model.samples) == 36
    assert model.starts("on") == [(FAR, 6)]


def test_the_summary_gives_counts_rates_and_intervals(model: SkillModel) -> None:
    rows = [row for row in situations(model.samples) if row["choice"] == "grasp"]
    assert [(r["again"], r["count"], r["success"]) for r in rows] == [
        (False, 5, 0.8),
        (True, 5, 1.0),
    ]
    assert rows[0]["ci95"] == [0.376, 0.964]


def test_wilson_interval_of_four_of_five() -> None:
    assert interval(4, 5) == pytest.approx((0.3755, 0.9638), abs=1e-4)
    assert interval(0, 0) == (0.0, 1.0)


def test_outcomes_are_drawn_as_often_as_they_were_measured(model: SkillModel) -> None:
    rng = np.random.default_rng(0)
    drawn = Counter(
        model.draw("on", "grasp", NEAR, rng, again=False).outcome for _ in range(2000)
    )
    assert drawn["success"] == pytest.approx(1600, abs=60)  # 3.4 standard deviations
    assert drawn["timeout"] == 2000 - drawn["success"]


def test_a_second_try_is_measured_apart(model: SkillModel) -> None:
    rng = np.random.default_rng(0)
    drawn = [model.draw("on", "grasp", NEAR, rng, again=True) for _ in range(50)]
    assert {one.seconds for one in drawn} == {6.0}


def test_where_little_was_measured_the_most_similar_facts_tell_the_change(
    model: SkillModel,
) -> None:
    rng = np.random.default_rng(0)
    facts = NEAR | {"on_place"}  # nobody grasped there
    after = {
        one.after
        for one in (
            model.draw("on", "grasp", facts, rng, again=False) for _ in range(50)
        )
    }
    assert after == {facts, facts | {"holding"}}


def test_holding_is_told_by_episodes_about_putting_down(model: SkillModel) -> None:
    rng = np.random.default_rng(0)
    assert model.starts("holding") == [(FAR, 5)]
    drawn = model.draw("holding", "approach", FAR, rng, again=False)
    assert drawn.after == NEAR
    assert drawn.seconds == 10.0
    assert NEAR in model.known("holding")


def test_what_was_never_done_cannot_be_drawn(model: SkillModel) -> None:
    assert not model.measured("on", "turn")
    with pytest.raises(ConfigError, match="holds no execution of 'turn'; measure more"):
        model.draw("on", "turn", FAR, np.random.default_rng(0), again=False)


def test_an_empty_model_is_a_file_too(tmp_path: Path) -> None:
    source = Source(
        robot="r", revision="1", scene="s", backend="fake", seed=0, policies={}
    )
    SkillModel(source).write(tmp_path / "empty.json")
    assert SkillModel.read(tmp_path / "empty.json").episodes == 0


def test_a_missing_model_says_how_to_measure_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read .* praxis model skills"):
        SkillModel.read(tmp_path / "none.json")


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ConfigError, match="is no JSON"):
        SkillModel.read(tmp_path / "bad.json")


def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    data = json.loads(FILE.read_text())
    data["situations"][0]["kind"] = "under"
    (tmp_path / "bad.json").write_text(json.dumps(data))
    with pytest.raises(ConfigError, match=r"situations\.0\.kind: expected 'on' or"):
        SkillModel.read(tmp_path / "bad.json")


def test_the_model_that_ships_knows_every_skill() -> None:
    shipped = SkillModel.read(MODEL_FILE)
    assert shipped.source.backend == "mujoco"
    for choice in ("approach", "grasp", "carry", "place"):
        assert shipped.measured("on", choice)
    assert shipped.measured("at", "go")
