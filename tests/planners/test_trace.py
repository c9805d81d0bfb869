"""A trace holds what changed in a tree, and nothing else."""

from __future__ import annotations

import pytest
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Selector

from planners.trace import Change, Tracer, without_measurements


class Leaf(Behaviour):
    """Says what it is told to say."""

    def say(self, status: Status, message: str) -> None:
        self.status, self.feedback_message = status, message

    def update(self) -> Status:
        return self.status


@pytest.fixture
def tree():
    """A root with two leaves, looked at once."""
    first, second = Leaf("first"), Leaf("second")
    root = Selector("root", memory=True, children=[first, second])
    tracer = Tracer()
    tracer.changes(root, 0, 0.0)
    return root, first, second, tracer


def test_at_first_every_node_is_news():
    root = Selector("root", memory=True, children=[Leaf("a"), Leaf("b")])
    changes = Tracer().changes(root, 0, 1.25)
    assert [(c.id, c.node, c.kind) for c in changes] == [
        ("0", "root", "Selector"),
        ("0.0", "a", "Leaf"),
        ("0.1", "b", "Leaf"),
    ]
    assert {(c.tick, c.time, c.status, c.reason) for c in changes} == {
        (0, 1.25, "invalid", "")
    }


def test_a_tree_that_stays_as_it_is_says_nothing(tree):
    root, *_, tracer = tree
    assert tracer.changes(root, 5, 0.1) == ()


def test_a_status_that_changes_is_noted_with_its_reason(tree):
    root, _, second, tracer = tree
    second.say(Status.RUNNING, "running for 0.0 s of 15 s")
    assert tracer.changes(root, 5, 0.1000000001) == (
        Change(
            tick=5,
            time=0.1,
            id="0.1",
            node="second",
            kind="Leaf",
            status="running",
            reason="running for 0.0 s of 15 s",
        ),
    )


def test_time_that_passes_is_no_news(tree):
    root, first, _, tracer = tree
    first.say(Status.RUNNING, "running for 1.2 s of 15 s, at(table): 30 cm off")
    tracer.changes(root, 5, 0.1)
    first.say(Status.RUNNING, "running for 1.3 s of 15 s, at(table): -2 cm off")
    assert tracer.changes(root, 10, 0.2) == ()
    first.say(Status.RUNNING, "running for 1.4 s of 15 s, at(table): it moves")
    assert [c.reason for c in tracer.changes(root, 15, 0.3)] == [
        "running for 1.4 s of 15 s, at(table): it moves"
    ]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("running for 1.2 s of 15 s", "running for # s of # s"),
        (
            "the cup is -0.21 m ahead and +0.05 m left",
            "the cup is # m ahead and # m left",
        ),
        ("retry 1 of 2", "retry 1 of #"),
        ("recovery 2 of 3 for dropped", "recovery 2 of # for dropped"),
        ("time 2 of 3", "time 2 of #"),
        ("on(box_2, shelf1) holds", "on(box_2, shelf1) holds"),
        ("turned by 3 degrees", "turned by # degrees"),
    ],
)
def test_numbers_that_measure_are_told_from_those_that_count(text, masked):
    assert without_measurements(text) == masked


def test_what_is_not_reached_any_more_does_not_keep_its_words(tree):
    root, first, _, tracer = tree
    first.say(Status.FAILURE, "the cup is not seen")
    tracer.changes(root, 5, 0.1)
    first.say(Status.INVALID, "the cup is not seen")
    (change,) = tracer.changes(root, 10, 0.2)
    assert (change.status, change.reason) == ("invalid", "")


def test_what_is_interrupted_keeps_its_last_words(tree):
    root, first, _, tracer = tree
    first.say(Status.RUNNING, "running")
    tracer.changes(root, 5, 0.1)
    first.say(Status.INVALID, "interrupted, the skill was stopped")
    (change,) = tracer.changes(root, 10, 0.2)
    assert change.reason == "interrupted, the skill was stopped"


def test_what_fails_and_is_put_back_within_a_tick_is_noted(tree):
    root, first, _, tracer = tree
    first.say(Status.INVALID, "cannot start, the cup is 3 m away (out_of_reach)")
    (change,) = tracer.changes(root, 5, 0.1)
    assert (change.status, change.reason) == ("invalid", first.feedback_message)
    first.say(Status.INVALID, "cannot start, the cup is 4 m away (out_of_reach)")
    assert len(tracer.changes(root, 10, 0.2)) == 1


def test_a_node_keeps_its_id_when_another_is_put_before_it(tree):
    root, _, second, tracer = tree
    remedy = Leaf("remedy")
    root.prepend_child(remedy)
    assert [(c.id, c.node) for c in tracer.changes(root, 5, 0.1)] == [("0.2", "remedy")]
    second.say(Status.RUNNING, "")
    assert [c.id for c in tracer.changes(root, 10, 0.2)] == ["0.1"]


def test_a_node_that_leaves_is_gone_and_its_id_is_not_used_again(tree):
    root, first, _, tracer = tree
    root.replace_child(first, Leaf("third"))
    changes = tracer.changes(root, 5, 0.1)
    assert [(c.id, c.node, c.status) for c in changes] == [
        ("0.2", "third", "invalid"),
        ("0.0", "first", "gone"),
    ]
