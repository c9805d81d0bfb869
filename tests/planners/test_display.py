"""The tree is shown as text and as plain data."""

from __future__ import annotations

import json

import pytest
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Sequence

from planners.display import as_dict, as_text


class Leaf(Behaviour):
    """Says what it is told to say."""

    def update(self) -> Status:
        return self.status


def leaf(name, status=Status.INVALID, message=""):
    made = Leaf(name)
    made.status, made.feedback_message = status, message
    return made


@pytest.fixture
def root():
    """A task at its second step."""
    first = Sequence("walk", memory=True, children=[leaf("at(table)", Status.SUCCESS)])
    first.status = Status.SUCCESS
    grasp = leaf("grasp(object=cup)", Status.RUNNING, "running for 0.4 s of 15 s")
    no = leaf("holding(cup)", Status.FAILURE, "does not hold")
    second = Sequence("hold", memory=True, children=[no, grasp])
    second.status = Status.RUNNING
    later = leaf("stand", message="words of an earlier attempt")
    task = Sequence("the task", memory=True, children=[first, second, later])
    task.status = Status.RUNNING
    return task


def test_the_text_shows_marks_and_feedback(root):
    assert as_text(root).splitlines() == [
        "▶ the task",
        "├─ ✓ walk",
        "│  └─ ✓ at(table)",
        "├─ ▶ hold",
        "│  ├─ ✗ holding(cup) (does not hold)",
        "│  └─ ▶ grasp(object=cup) (running for 0.4 s of 15 s)",
        "└─ · stand",
    ]


def test_folded_only_the_path_that_runs_is_open(root):
    assert as_text(root, folded=True).splitlines() == [
        "▶ the task",
        "├─ ✓ walk …",
        "├─ ▶ hold",
        "│  ├─ ✗ holding(cup) (does not hold)",
        "│  └─ ▶ grasp(object=cup) (running for 0.4 s of 15 s)",
        "└─ · stand",
    ]


def test_the_data_survives_json(root):
    data = json.loads(json.dumps(as_dict(root)))
    assert data["name"] == "the task"
    assert data["status"] == "running"
    assert data["children"][1]["children"][1] == {
        "name": "grasp(object=cup)",
        "kind": "Leaf",
        "status": "running",
        "message": "running for 0.4 s of 15 s",
        "children": [],
    }
