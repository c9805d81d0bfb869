"""From what nodes say to what happened."""

from __future__ import annotations

import pytest
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Selector, Sequence

from planners.happenings import Narrator, What
from planners.story import line, sentence
from planners.trace import Tracer

RUNNING, SUCCESS = Status.RUNNING, Status.SUCCESS
FAILURE, INVALID = Status.FAILURE, Status.INVALID


class RunSkill(Behaviour):
    """A leaf that does nothing by itself."""

    def update(self) -> Status:
        return self.status


class Holds(RunSkill):
    """Another."""


class Grasping:
    """Holding the cup, by a grasp for which the robot has to be at the table."""

    def __init__(self) -> None:
        self.holding = Holds("holding(cup)")
        self.at = Holds("at(table)")
        self.walk = RunSkill("walk(target=table)")
        self.near = Selector("at(table)", memory=True, children=[self.at, self.walk])
        self.grasp = RunSkill("grasp(object=cup)")
        self.do = Sequence("do grasp", memory=True, children=[self.near, self.grasp])
        self.root = Selector(
            "hold the cup", memory=True, children=[self.holding, self.do]
        )
        self.tracer, self.narrator = Tracer(), Narrator()
        self.time = 0.0
        self.tick({})

    def tick(self, said, after=0.0):
        """Let nodes say something; return what happened, without the time."""
        self.time += after
        for node, (status, *message) in said.items():
            node.status = status
            if message:
                node.feedback_message = message[0]
        changes = self.tracer.changes(self.root, round(self.time * 50), self.time)
        return [line(one) for one in self.narrator.tick(changes)]

    def walking(self):
        """The first tick: nothing holds yet, so the robot walks."""
        return self.tick(
            {
                self.root: (RUNNING,),
                self.holding: (FAILURE, "does not hold, holding(cup): 90 cm off"),
                self.do: (RUNNING,),
                self.near: (RUNNING,),
                self.at: (FAILURE, "does not hold, at(table): 2 m away"),
                self.walk: (RUNNING, "running for 0.0 s of 30 s"),
            }
        )

    def grasping(self):
        """The walk is over, 8.4 s later."""
        return self.tick(
            {
                self.holding: (INVALID,),
                self.walk: (SUCCESS, "done in 8.4 s: at(table)"),
                self.near: (SUCCESS,),
                self.grasp: (RUNNING, "running for 0.0 s of 15 s"),
            },
            after=8.4,
        )


@pytest.fixture
def task() -> Grasping:
    return Grasping()


def test_nothing_has_happened_before_the_first_tick(task):
    assert task.tick({}) == []


def test_a_skill_begins_because_the_nearest_condition_did_not_hold(task):
    assert task.walking() == [
        "▶ walk(target=table), because at(table) did not hold: 2 m away"
    ]


def test_what_ended_is_told_before_what_began(task):
    task.walking()
    assert task.grasping() == [
        "✓ walk(target=table) after 8.4 s: at(table)",
        # The distance was measured 8.4 s ago, so it is left out.
        "▶ grasp(object=cup), because holding(cup) did not hold",
    ]


def test_progress_is_not_told(task):
    task.walking()
    said = {task.walk: (RUNNING, "running for 0.1 s of 30 s, at(table): it moves")}
    assert task.tick(said, after=0.1) == []


def test_a_failure_is_told_with_its_type_and_what_follows(task):
    task.walking()
    task.grasping()
    failed = "aborted, carried(cup): the cup fell"
    assert task.tick(
        {
            task.grasp: (FAILURE, f"{failed} (dropped)"),
            task.do: (RUNNING, f"grasp(object=cup) {failed}; recovery 1 of 2: again"),
            task.root: (RUNNING, f"grasp(object=cup) {failed}; recovery 1 of 2: again"),
        },
        after=3.1,
    ) == [
        "✗ grasp(object=cup) (dropped) after 3.1 s: aborted, carried(cup): the cup "
        "fell; recovery 1 of 2: again"
    ]


def test_a_failure_that_was_put_back_in_the_same_tick_is_a_failure(task):
    task.walking()
    task.grasping()
    said = {task.grasp: (INVALID, "aborted, the cup fell (dropped)")}
    assert task.tick(said, after=3.1) == [
        "✗ grasp(object=cup) (dropped) after 3.1 s: aborted, the cup fell"
    ]


def test_a_success_that_was_put_back_in_the_same_tick_is_a_success(task):
    task.walking()
    said = {task.walk: (INVALID, "done in 8.4 s: at(table)")}
    assert task.tick(said, after=8.4) == ["✓ walk(target=table) after 8.4 s: at(table)"]


@pytest.mark.parametrize("status", [FAILURE, INVALID])
def test_a_skill_that_cannot_begin_has_failed(task, status):
    said = {task.grasp: (status, "cannot start, the cup is 3 m away (out_of_reach)")}
    assert task.tick(said) == [
        "✗ grasp(object=cup) (out_of_reach): cannot start, the cup is 3 m away"
    ]


def test_a_skill_is_stopped_when_its_condition_comes_true(task):
    task.walking()
    said = {
        task.walk: (INVALID, "interrupted, the skill was stopped"),
        task.at: (SUCCESS, "at(table) holds"),
    }
    assert task.tick(said, after=2.0) == [
        "· walk(target=table) stopped after 2.0 s: at(table) holds"
    ]


def test_a_skill_is_stopped_without_a_reason_that_the_tree_knows(task):
    task.walking()
    said = {task.walk: (INVALID, "interrupted, the skill was stopped")}
    assert task.tick(said, after=2.0) == ["· walk(target=table) stopped after 2.0 s"]


def test_a_skill_that_leaves_the_tree_is_stopped(task):
    task.walking()
    task.near.remove_child(task.walk)
    task.time += 1.5
    assert task.tick({}) == ["· walk(target=table) stopped after 1.5 s"]


def test_a_skill_that_ends_well_and_leaves_the_tree_at_once_ended_well(task):
    task.walking()
    task.near.remove_child(task.walk)
    task.walk.feedback_message = "done in 8.4 s: at(table)"
    task.time += 8.4
    assert task.tick({}) == ["✓ walk(target=table) after 8.4 s: at(table)"]


def test_that_a_skill_finds_what_it_needs_is_not_told(task):
    said = {
        task.holding: (FAILURE, "does not hold, holding(cup): 9 cm off"),
        task.at: (SUCCESS, "at(table) holds"),
        task.near: (SUCCESS,),
        task.grasp: (RUNNING,),
    }
    assert task.tick(said) == [
        "▶ grasp(object=cup), because holding(cup) did not hold: 9 cm off"
    ]


def test_a_step_that_is_done_already_is_skipped(task):
    said = {
        task.root: (SUCCESS,),
        task.holding: (SUCCESS, "holding(cup) holds"),
    }
    assert task.tick(said) == ["✓ hold the cup, nothing to do: holding(cup) holds"]


def test_a_condition_that_waits_and_one_that_is_lost_are_told(task):
    assert task.tick(
        {task.at: (RUNNING, "at(table) holds, waiting: 0.1 of 0.5 s")}
    ) == ["▶ waiting for at(table): at(table) holds, waiting: 0.1 of 0.5 s"]
    task.tick({task.at: (SUCCESS, "at(table) holds")})
    assert task.tick({task.at: (FAILURE, "does not hold, at(table): 1 m away")}) == [
        "✗ lost: at(table) did not hold: 1 m away"
    ]


def test_what_an_inner_node_says_is_told_once(task):
    again = {task.do: (RUNNING, "time 2 of 3"), task.root: (RUNNING, "time 2 of 3")}
    assert task.tick(again) == ["· do grasp: time 2 of 3"]
    assert task.tick(again) == []
    assert task.tick({task.root: (RUNNING, "about to end")}) == ["· about to end"]


def test_a_foreign_leaf_is_a_skill_once_it_runs():
    class Wait(RunSkill):
        pass

    leaf = Wait("wait")
    root = Sequence("root", memory=True, children=[leaf])
    tracer, narrator = Tracer(), Narrator()
    leaf.status = RUNNING
    (began,) = narrator.tick(tracer.changes(root, 0, 0.0))
    leaf.status = SUCCESS
    (ended,) = narrator.tick(tracer.changes(root, 5, 0.1))
    assert (began.what, ended.what) == (What.BEGAN, What.DONE)
    assert sentence(began, first=True) == "At 0.0 s it began with wait."
    assert sentence(ended) == "At 0.1 s wait ended well after 0.1 s."
