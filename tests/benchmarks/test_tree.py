"""How long the planner looks: a tick of a big tree, against py_trees with no work."""

from __future__ import annotations

from time import thread_time
from typing import Any

import numpy as np
import pytest
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite, Selector, Sequence

from configs.loader import load_robot, load_scene
from planners.planner import Planner
from planners.task import Step, Task
from sim2real.backends.fake_backend import FakeBackend
from skills.contract import Snapshot
from skills.rehearsal import make_rehearsal
from skills.runner import SkillRunner

NODES = 200
ERRANDS = 4  # that make a tree of so many nodes
ROUNDS = 3
PLANNER_EVERY = 5  # control ticks, as in `praxis run`


class Echo(Behaviour):
    """A leaf without work: it says what the real one has just said."""

    def __init__(self, real: Behaviour) -> None:
        super().__init__(real.name)
        self._real = real

    def update(self) -> Status:
        told = self._real.status
        return Status.SUCCESS if told is Status.INVALID else told


def bare(real: Behaviour) -> Behaviour:
    """Return a tree of the same shape made of nothing but py_trees."""
    if not isinstance(real, Composite):
        return Echo(real)
    kind = Selector if isinstance(real, Selector) else Sequence
    children = [bare(child) for child in real.children]
    return kind(real.name, memory=True, children=children)


def errand(there: str, back: str) -> tuple[Step, ...]:
    """Carry the cup there; the way leads from where the last errand put it."""
    return (
        Step(skill="walk", args={"target": back, "reach": "cup"}),
        Step(skill="grasp", args={"object": "cup"}),
        Step(skill="walk", args={"target": there, "carrying": "cup"}),
        Step(skill="manipulate", args={"object": "cup", "target": there}),
    )


@pytest.mark.usefixtures("one_core")
def test_a_tick_of_a_big_tree(show: Any) -> None:
    """A task from its first tick to its last, on the robot that pretends.

    Every round has the very same ticks. Of each the fastest counts: that is the tick
    itself, without what else the machine was doing.
    """
    rounds = [carry_out() for _ in range(ROUNDS)]
    ours, theirs = (
        np.min([round_[i] for round_ in rounds], axis=0) * 1e3 for i in (1, 2)
    )
    show(
        "tick_of_a_big_tree",
        {
            "nodes": rounds[0][0],
            "ticks": len(ours),
            "p50_ms": quantile(ours, 50),
            "p99_ms": quantile(ours, 99),
            "p99_ms_of_every_round": [
                quantile(1e3 * np.array(r[1]), 99) for r in rounds
            ],
            "worst_ms": quantile(ours, 100),
            "py_trees_p50_ms": quantile(theirs, 50),
            "py_trees_p99_ms": quantile(theirs, 99),
            "ratio_p50": round(quantile(ours, 50) / quantile(theirs, 50), 1),
        },
    )


def carry_out() -> tuple[int, list[float], list[float]]:
    """Return how many nodes the tree has, and what its ticks take and bare ones [s]."""
    robot = load_robot()
    backend = FakeBackend(robot, load_scene("kitchen"))
    runner = SkillRunner(robot, make_rehearsal(robot, backend))
    state = backend.reset(seed=0)
    places = [("shelf", "table"), ("table", "shelf")] * ERRANDS
    task = Task(
        text="to and fro",
        items=tuple(step for way in places[:ERRANDS] for step in errand(*way)),
    )
    planner = Planner(task, runner, Snapshot(state=state, objects=backend.objects()))
    nodes, empty = size(planner.root), bare(planner.root)
    assert nodes >= NODES
    ours, theirs, count = [], [], 0
    while not planner.done:
        snapshot = Snapshot(state=state, objects=backend.objects())
        if count % PLANNER_EVERY == 0:
            begun = thread_time()
            planner.tick(snapshot)
            middle = thread_time()
            empty.tick_once()
            theirs.append(thread_time() - middle)
            ours.append(middle - begun)
        state = backend.step(runner.step(snapshot))
        count += 1
    assert not planner.failure, planner.status.sentence
    return nodes, ours, theirs


def size(root: Behaviour) -> int:
    """Return how many nodes a tree has."""
    return sum(1 for _ in root.iterate())


def quantile(values: Any, percent: float) -> float:
    """Return a percentile, in figures that can be read."""
    return round(float(np.percentile(values, percent)), 3)
