"""The learned planner in a scripted world: choices, hand-over, success by evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from planners.display import as_text
from planners.learned import LearnedPlanner
from planners.planner import TaskState, TaskStatus
from planners.task import Achieve, Item, Step, Task
from skills.contract import Failure, Predicate
from skills.selector.observation import History
from skills.selector.words import Subject

HOLD = Achieve(predicate=Predicate("holding", ("cup",)))
GRASP = Step(skill="grasp", args={"object": "cup"})
APPROACH = "walk(target=cup, reach=cup)"


class Script:
    """Chooses what it is told; knows every situation but those it is told."""

    def __init__(self, choices: Iterable[str], strange: str = "") -> None:
        self._choices = iter(choices)
        self._strange = strange
        self.histories: list[History] = []

    def knows(self, subject: Subject, facts: frozenset[str]) -> bool:
        return self._strange not in facts

    def choose(self, subject: Subject, facts: frozenset[str], history: History) -> str:
        self.histories.append(history)
        return next(self._choices)


class Bench:
    """A learned planner, driven tick by tick."""

    def __init__(self, world: Any, item: Item, script: Script) -> None:
        self.world = world
        self.script = script
        task = Task(text="the task", items=(item,))
        self.planner = LearnedPlanner(task, world, world.snapshot(), chooser=script)

    def tick(self, *now_true: str, no_longer: tuple[str, ...] = ()) -> TaskStatus:
        """Change facts, let a second pass, and tick once."""
        self.world.time += 1.0
        self.world.facts |= set(now_true)
        self.world.facts -= set(no_longer)
        return self.planner.tick(self.world.snapshot())


@pytest.fixture
def bench(world: Any) -> Any:
    def make(*choices: str, item: Item = HOLD, strange: str = "") -> Bench:
        return Bench(world, item, Script(choices, strange))

    return make


def test_the_choices_are_carried_out_until_the_goal_is_seen(bench: Any) -> None:
    b = bench("approach", "grasp")
    assert b.tick().state is TaskState.RUNNING
    assert b.world.log == [f"start {APPROACH}"]
    b.tick("at(cup)", "in_reach(cup)")
    status = b.tick("holding(cup)")
    assert b.world.log[1:] == ["stop walk", "start grasp(object=cup)", "stop grasp"]
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 3.0 s: holding(cup)"
    assert b.planner.kept == (HOLD,)
    assert b.planner.handed_over == ""
    assert b.world.running == set()


def test_a_goal_that_holds_already_needs_no_choice(bench: Any) -> None:
    b = bench()
    assert b.tick("holding(cup)").state is TaskState.SUCCESS
    assert b.world.log == []


def test_the_policy_is_told_how_its_choices_ended(bench: Any) -> None:
    b = bench("wait", "approach", "approach")
    for _ in range(2):
        b.tick()
    b.world.faults["walk"] = (Failure.BLOCKED, "a chair")
    b.tick()
    b.tick()
    told = [(one.choice, one.outcome) for one in b.script.histories[-1].tried]
    assert told == [("wait", "success"), ("approach", "blocked")]
    assert b.planner.handed_over == ""


def test_what_cannot_begin_is_for_the_tree(bench: Any) -> None:
    b = bench("grasp")
    status = b.tick()
    # The tree walks first, for the cup is out of reach.
    assert b.world.log == [f"start {APPROACH}"]
    assert b.planner.handed_over == (
        "it proposed to grasp, but in_reach(cup): measured no"
    )
    assert status.state is TaskState.RUNNING
    assert "control goes to the tree: it proposed to grasp" in as_text(b.planner.root)
    b.tick("at(cup)", "in_reach(cup)")
    assert b.tick("holding(cup)").state is TaskState.SUCCESS
    assert b.planner.kept == (HOLD,)


def test_the_tree_keeps_control_for_good(bench: Any) -> None:
    b = bench("grasp", "wait")
    for _ in range(4):
        b.tick()
    assert len(b.script.histories) == 1


def test_a_choice_without_use_for_the_goal_is_for_the_tree(bench: Any) -> None:
    b = bench("place")
    b.tick()
    assert "to place, which such a goal has no use for" in b.planner.handed_over


def test_a_choice_that_failed_twice_is_not_made_again(bench: Any) -> None:
    b = bench("approach", "approach", "approach")
    b.tick()
    for _ in range(2):
        b.world.faults["walk"] = (Failure.BLOCKED, "a chair")
        b.tick()  # it fails; the next choice is made a tick later
        b.tick()
    assert b.planner.handed_over == (
        "it proposed to approach after that failed 2 times"
    )
    assert b.world.log.count(f"start {APPROACH}") == 3  # the third by the tree


def test_twelve_skills_are_enough(bench: Any) -> None:
    b = bench(*["wait"] * 13)
    for _ in range(13):
        b.tick()
    assert b.planner.handed_over == ("it started 12 skills without reaching the goal")


def test_what_nobody_measured_is_for_the_tree(bench: Any) -> None:
    b = bench("approach", strange="at_object")
    b.tick()
    assert b.planner.handed_over == ""
    b.tick("at(cup)")
    b.tick()
    assert "nobody measured what follows when so much is so: at_object, reachable" in (
        b.planner.handed_over
    )


def test_a_fall_ends_the_task_as_it_does_with_the_tree(bench: Any) -> None:
    b = bench("approach")
    b.tick()
    status = b.tick(no_longer=("upright()",))
    assert status.state is TaskState.FAILURE
    assert status.failure is Failure.UNSTABLE
    assert b.world.running == set()


def test_a_skill_that_keeps_the_promise_of_the_step_ends_it(bench: Any) -> None:
    b = bench("approach", "grasp", item=GRASP)
    b.tick()
    b.tick("at(cup)", "in_reach(cup)")
    status = b.tick("holding(cup)")
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 3.0 s: holding(cup)"
    assert b.planner.kept == (GRASP,)


def test_a_pause_stops_the_skill_and_the_choice_is_made_anew(bench: Any) -> None:
    b = bench("approach", "wait")
    b.tick()
    assert b.planner.pause().state is TaskState.PAUSED
    assert b.world.log == [f"start {APPROACH}", "stop walk"]
    b.planner.resume()
    b.tick()
    assert b.world.log[2:] == ["start balance(duration_s=1)"]
    assert b.script.histories[-1].tried == ()


def test_cancelling_comes_to_a_stand(bench: Any) -> None:
    b = bench("approach")
    b.tick()
    assert b.planner.cancel().state is TaskState.STOPPING
    assert b.world.running == set()
    while not b.planner.done:
        b.tick()
    assert b.planner.failure is Failure.OPERATOR


def test_stopping_ends_at_once(bench: Any) -> None:
    b = bench("approach")
    b.tick()
    assert b.planner.stop(Failure.HARDWARE, "no power").failure is Failure.HARDWARE
    assert b.world.running == set()


def test_the_deadline_counts(bench: Any, world: Any) -> None:
    task = Task(text="the task", items=(HOLD,), deadline_s=1.5)
    planner = LearnedPlanner(
        task, world, world.snapshot(), chooser=Script(["approach"])
    )
    for _ in range(2):
        world.time += 1.0
        planner.tick(world.snapshot())
    assert planner.failure is Failure.TIMEOUT


def test_a_promise_that_was_broken_at_once_opens_the_step_again(bench: Any) -> None:
    b = bench("approach", "grasp", "wait", item=GRASP)
    b.tick()
    b.tick("at(cup)", "in_reach(cup)")
    broken = b.world.fact("holding(cup, still)")
    b.world.question = lambda predicate: broken
    assert b.tick("holding(cup)").state is TaskState.RUNNING
