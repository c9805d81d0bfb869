"""Tasks that come down to one goal: what a learned planner can carry out."""

from __future__ import annotations

from planners.task import Achieve, Item, Step, Task
from skills.contract import GoalError
from skills.selector.words import Subject

USE_THE_TREE = "use --planner tree"


def one_goal(task: Task) -> tuple[Subject, Step | Achieve]:
    """Return the goal of a task, and the item of it that promises that goal.

    Steps before the last one must be on the way to it: walks to the object, its
    grasp, walks with it to the place.

    Raises:
        GoalError: naming what a learned planner cannot do.
    """
    if not task.items:
        raise GoalError(f"task '{task.text}' has no steps; name at least one")
    last = task.items[-1]
    if not isinstance(last, Step | Achieve):
        raise _beyond(f"'{last}' is no single goal")
    subject = _subject(last)
    for item in task.items[:-1]:
        if not isinstance(item, Step) or not _on_the_way(item, subject):
            raise _beyond(f"'{item}' is a goal of its own beside {subject.predicate}")
    return subject, last


def _subject(item: Step | Achieve) -> Subject:
    if isinstance(item, Achieve):
        match (item.predicate.name, item.predicate.args):
            case ("on", (thing, place)):
                return Subject(kind="on", object=thing, place=place)
            case ("holding", (thing,)):
                return Subject(kind="holding", object=thing)
            case ("at", (place,)):
                return Subject(kind="at", place=place)
        raise _beyond(f"it was never taught {item.predicate}")
    args = {name: str(value) for name, value in item.args.items()}
    match (item.skill, sorted(args)):
        case ("manipulate", ["object", "target"]):
            return Subject(kind="on", object=args["object"], place=args["target"])
        case ("grasp", ["object"]):
            return Subject(kind="holding", object=args["object"])
        case ("walk", ["target"]):
            return Subject(kind="at", place=args["target"])
    raise _beyond(f"it was never taught {item}")


def _on_the_way(item: Item, subject: Subject) -> bool:
    """Whether a step has no other purpose than the goal."""
    if not isinstance(item, Step) or subject.kind == "at":
        return False
    choice = subject.choice_of(item.goal)
    known = {"walk": {"target", "reach", "carrying"}, "grasp": {"object"}}
    plain = item.args.keys() <= known.get(item.skill, set())
    return plain and choice in ("approach", "grasp", "carry")


def _beyond(why: str) -> GoalError:
    return GoalError(
        f"the learned planner takes tasks with one goal about one object: {why}; "
        f"{USE_THE_TREE}"
    )
