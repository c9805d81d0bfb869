"""Trying skills on the robot that pretends, and the model that comes of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from app.control_loop import Assembly
from app.model_command import measure_skills
from app.options import RunOptions
from app.skill_trials import SkillTrials
from configs.loader import ConfigError
from skills.selector.model import SkillModel
from skills.selector.words import Subject

SEED = 0  # an episode about the cup and the shelf


def test_without_chance_the_trials_lead_to_the_goal(
    assemble: Callable[..., Assembly],
) -> None:
    trials = SkillTrials(assemble(), at_random=0.0, most=4)
    trial = trials.episode(SEED)
    assert trial.kind == "on"
    assert trial.start == {"upright", "visible", "reachable"}
    assert [s.choice for s in trial.samples] == ["approach", "grasp", "carry", "place"]
    assert all(s.outcome == "success" for s in trial.samples)
    assert Subject.some("on").reached(trial.samples[-1].after)
    # What one execution leaves behind is what the next one finds.
    pairs = zip(trial.samples, trial.samples[1:], strict=False)
    assert all(first.after == second.before for first, second in pairs)


def test_an_episode_is_the_same_each_time(assemble: Callable[..., Assembly]) -> None:
    trials = SkillTrials(assemble(), most=1)
    assert trials.episode(3) == trials.episode(3)


def test_chance_varies_the_order(assemble: Callable[..., Assembly]) -> None:
    trials = SkillTrials(assemble(), at_random=1.0, most=3)
    chosen = {s.choice for seed in range(3) for s in trials.episode(seed).samples}
    assert chosen & {"step_back", "turn", "wait"}


def measure(path: Path, episodes: int, *, fresh: bool = False, seed: int = 0) -> str:
    out = io.StringIO()
    options = RunOptions(backend="fake", episodes=episodes, seed=seed)
    console = Console(file=out, width=200)
    measure_skills(options, console, path=path, fresh=fresh, most=2)
    return out.getvalue()


def test_measuring_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "skills.json"
    measure(path, 1)
    first = path.read_text()
    assert SkillModel.read(path).episodes == 1
    text = measure(path, 2)
    assert "2 episodes" in text
    assert "approach" in text
    second = path.read_text()
    assert second != first
    measure(path, 1)  # it holds as many already
    assert path.read_text() == second
    measure(path, 1, fresh=True)
    assert path.read_text() == first


def test_other_measurements_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "skills.json"
    measure(path, 1)
    with pytest.raises(ConfigError, match=r"with another seed \(0, now 7\)\. Measure"):
        measure(path, 2, seed=7)


def test_a_model_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        measure(tmp_path / "nowhere" / "skills.json", 1)
