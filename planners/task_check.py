"""Check a task against the skills there are and the things in the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planners.task import Achieve, If, Item, Repeat, Step, Task
from skills.contract import Argument, GoalError, Predicate

SIDES = ("left", "right")

Arguments = Mapping[str, Sequence[Argument]]
"""What each skill wants to be told, by the name of the skill."""


def check_task(task: Task, arguments: Arguments, objects: Sequence[str]) -> None:
    """Refuse a task that names what is not there, or tells a skill something wrong.

    Args:
        task: to be checked.
        arguments: of every skill, by its name.
        objects: names of the things in the scene.

    Raises:
        GoalError: naming the item, what was expected and what came.
    """
    for number, item in numbered(task.items):
        try:
            if isinstance(item, Step):
                _check_step(item, arguments, objects)
            elif isinstance(item, Achieve):
                _check_predicate(item.predicate, objects)
            elif isinstance(item, If):
                _check_predicate(item.condition, objects)
        except GoalError as error:
            raise GoalError(f"item {number}, {_short(item)}: {error}") from None


def numbered(items: Sequence[Item], prefix: str = "") -> Iterator[tuple[str, Item]]:
    """Yield every item with its number: `2`, then the items within it as `2.1`.

    Those of an `else` have `2.else.1`.
    """
    for index, item in enumerate(items, start=1):
        number = f"{prefix}{index}"
        yield number, item
        if isinstance(item, Repeat | If):
            yield from numbered(item.items, f"{number}.")
        if isinstance(item, If):
            yield from numbered(item.otherwise, f"{number}.else.")


def _check_step(step: Step, arguments: Arguments, objects: Sequence[str]) -> None:
    if step.skill not in arguments:
        raise GoalError(
            f"there is no skill '{step.skill}' (known: {', '.join(arguments)})"
        )
    known = {argument.name: argument for argument in arguments[step.skill]}
    for name, value in step.args.items():
        if name not in known:
            raise GoalError(
                f"{step.skill} has no argument '{name}' (known: {', '.join(known)})"
            )
        _check_value(known[name], value, objects)
    for argument in known.values():
        if argument.required and argument.name not in step.args:
            raise GoalError(f"argument '{argument.name}' is missing: {argument.text}")


def _check_value(
    argument: Argument, value: str | float, objects: Sequence[str]
) -> None:
    match argument.kind:
        case "number":
            if isinstance(value, str):
                raise GoalError(f"{argument.name}: expected a number, got '{value}'")
        case "side":
            if value not in SIDES:
                raise GoalError(
                    f"{argument.name}: expected {' or '.join(SIDES)}, got '{value}'"
                )
        case _:
            _check_object(value, objects, f"{argument.name}: ")


def _check_predicate(predicate: Predicate, objects: Sequence[str]) -> None:
    for name in predicate.args:
        _check_object(name, objects)


def _check_object(value: str | float, objects: Sequence[str], where: str = "") -> None:
    if value not in objects:
        known = ", ".join(objects) or "nothing"
        raise GoalError(f"{where}there is no '{value}' in the scene (it has {known})")


def _short(item: Item) -> str:
    """Return an item without the items within it."""
    if isinstance(item, If):
        return f"{'unless' if item.negated else 'if'} {item.condition}"
    return str(item)
