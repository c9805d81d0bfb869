"""Several seeds, one after the other, until they are done or the operator stops."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.episodes import run_episodes
from app.operators.desk import Wish
from skills.contract import Failure, GoalError


def test_seeds_are_consecutive(assemble):
    results = list(run_episodes(assemble(), 4, 3))
    assert [result.seed for result in results] == [4, 5, 6]
    assert all(result.done for result in results)


def test_of_several_episodes_the_stopped_one_is_left_out(assemble, asking):
    first = next(run_episodes(assemble(), 0, 1))
    # One question a tick, until 2 s after success and after the episode.
    asked = round((first.duration_s + 2.0) / 0.02) + 1
    stop = asking({asked + 20: Wish.STOP})
    results = list(run_episodes(assemble(), 0, 5, operator=stop))
    assert [result.seed for result in results] == [0]
    assert results[0].done


def test_a_single_stopped_episode_is_kept(assemble, asking):
    stop = asking({20: Wish.STOP})
    results = list(run_episodes(assemble(), 0, 1, operator=stop))
    assert [result.failure for result in results] == [Failure.OPERATOR]


@pytest.fixture
def flying(assemble, tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text("text: fly\nsteps: [{skill: fly}]\n")
    return assemble(str(path))


def test_nonsense_in_the_first_world_is_refused(flying):
    with pytest.raises(GoalError, match="there is no skill 'fly'"):
        list(run_episodes(flying, 0, 2))


class NoSecondCup:
    """The fake backend; the cup is missing in every world but that of seed 0."""

    def __init__(self, backend):
        self.robot, self.control_dt = backend.robot, backend.control_dt
        self._backend = backend
        self._seed = 0

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def reset(self, seed):
        self._seed = seed
        return self._backend.reset(seed)

    def objects(self):
        found = dict(self._backend.objects())
        if self._seed > 0:
            del found["cup"]
        return found


def test_nonsense_in_a_later_world_is_a_failure_like_others(assemble):
    assembly = assemble()
    unheard = frozenset[str]()  # else a cup that is not there counts as lost
    backend = NoSecondCup(assembly.backend)
    assembly = replace(assembly, backend=backend, known=unheard)
    first, second = run_episodes(assembly, 0, 2)
    assert first.done
    assert second.failure is Failure.CONTRACT
    assert second.sentence.startswith("the task makes no sense in this world: step 1")
