"""A trace is told as a story."""

from __future__ import annotations

import json

import pytest

from app.explain import explain
from configs.loader import ConfigError


def head(episode, text="stand"):
    return {
        "trace": 1,
        "episode": episode,
        "text": text,
        "scene": "kitchen",
        "backend": "fake",
        "robot": "g1_dex3",
        "seed": 3 + episode,
    }


@pytest.fixture
def told(tmp_path):
    """Tell a trace of some head lines; return the lines of the story."""

    def tell(*heads, episode=None):
        path = tmp_path / "t.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in heads))
        lines: list[str] = []
        explain(path, lines.append, episode)
        return lines

    return tell


def test_one_episode_is_told_without_a_heading(told):
    assert told(head(1)) == [
        'The task was "stand", in scene kitchen, with robot g1_dex3 on the fake '
        "backend, seed 4.",
        "The trace stops at 0.0 s without a result: the run was cut short.",
    ]


def test_several_episodes_have_headings(told):
    lines = told(head(1), head(2))
    assert [line for line in lines if line.startswith("Episode")] == [
        "Episode 1 of 2",
        "Episode 2 of 2",
    ]


def test_one_of_several_can_be_chosen(told):
    lines = told(head(1), head(2), episode=2)
    assert lines[0] == "Episode 2 of 2"
    assert "seed 5" in lines[1]
    assert len(lines) == 3


@pytest.mark.parametrize("episode", [0, -1, 3])
def test_an_episode_that_is_not_there(told, episode):
    words = rf"there is no episode {episode}; it has 1 to 2"
    with pytest.raises(ConfigError, match=words):
        told(head(1), head(2), episode=episode)


def test_a_file_does_not_command_the_terminal(told):
    (line, _) = told(head(1, text="stand\x1b[2J\nup"))
    assert '"stand [2J up"' in line
