"""Carry out one goal in the model of the skills, with any planner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planners.imagined import ImaginedSkills
from planners.planner import Planner, TaskState
from planners.task import Achieve, Task
from skills.contract import GoalError, Snapshot
from skills.selector.model import SkillModel
from skills.selector.words import Subject


@dataclass(frozen=True, kw_only=True)
class Imagined:
    """How a task went in the model."""

    success: bool
    failure: str | None
    skills: int
    seconds: float
    handed_over: str = ""


MakePlanner = Callable[[Task, ImaginedSkills, Snapshot], Planner]


def imagine(
    model: SkillModel, subject: Subject, seed: int, make: MakePlanner
) -> Imagined:
    """Carry out a goal in the model.

    Args:
        model: of the skills.
        subject: the goal.
        seed: of the start and of everything that is drawn.
        make: returns the planner for a task.
    """
    rng = np.random.default_rng(seed)
    starts = [
        facts
        for facts, count in model.starts(subject.kind)
        for _ in range(count)
        if "upright" in facts and not subject.reached(facts)
    ]
    if not starts:
        raise GoalError(
            f"the model of the skills has no episode for {subject.predicate}; measure "
            "more: praxis model skills"
        )
    world = ImaginedSkills(model, subject, starts[int(rng.integers(len(starts)))], rng)
    task = Task(
        text=str(subject.predicate), items=(Achieve(predicate=subject.predicate),)
    )
    planner = make(task, world, world.snapshot())
    while not planner.done:
        planner.tick(world.snapshot())
        world.advance()
    status = planner.status
    return Imagined(
        success=status.state is TaskState.SUCCESS and subject.reached(world.facts),
        failure=None if status.failure is None else status.failure.value,
        skills=world.started,
        seconds=world.time,
        handed_over=str(getattr(planner, "handed_over", "")),
    )
