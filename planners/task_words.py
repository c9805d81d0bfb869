"""Say in words what a task is, for one that came without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import degrees

from planners.task import Achieve, If, Item, Repeat, Step
from skills.contract import Predicate
from skills.predicate_names import PREDICATES

Args = Mapping[str, str | float]


def task_text(items: Sequence[Item]) -> str:
    """Return the items as a person would ask for them."""
    return " then ".join(map(_say, items))


def say_predicate(predicate: Predicate) -> str:
    """Return what a predicate claims, such as `the cup stands on the shelf`."""
    known = PREDICATES.get(predicate.name)
    if known is None or len(known.args) != len(predicate.args):
        return str(predicate)
    return known.say(*map(_spoken, predicate.args))


def _say(item: Item) -> str:
    match item:
        case Step():
            return _say_step(item)
        case Achieve():
            return f"see to it that {say_predicate(item.predicate)}"
        case Repeat():
            return f"repeat {often(item.times)}: {task_text(item.items)}"
        case If():
            word = "unless" if item.negated else "if"
            text = f"{word} {say_predicate(item.condition)}: {task_text(item.items)}"
            other = f", else {task_text(item.otherwise)}" if item.otherwise else ""
            return text + other


def often(times: int | None) -> str:
    """Return how often something is repeated; None has no end."""
    if times is None:
        return "until told to stop"
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def _say_step(step: Step) -> str:
    """Return a step in words, or as it is written if there are no words for it."""
    say = _SAYINGS.get(step.skill)
    try:
        words = say(step.args) if say else ""
    except (KeyError, TypeError, ValueError):  # not the arguments that the skill takes
        words = ""
    if not words:
        return str(step)
    speed, side = step.args.get("speed"), step.args.get("side")
    words += f" at {speed:g} m/s" if isinstance(speed, float) else ""
    return words + (f" with the {side} hand" if side else "")


def _say_walk(args: Args) -> str:
    if "target" in args:
        where = f"to {_the(args['target'])}"
        carried = args.get("carrying")
        return f"carry {_the(carried)} {where}" if carried else f"walk {where}"
    said = []
    for name, verb, (more, less), unit in _WAYS:
        if name in args:
            amount = float(args[name])
            shown = degrees(abs(amount)) if unit == "degrees" else abs(amount)
            way = more if amount >= 0 else less
            said.append(f"{verb} {way} {shown:.4g} {unit}")
    return " and ".join(said)


_WAYS = (
    ("forward", "walk", ("forward", "back"), "m"),
    ("left", "step", ("left", "right"), "m"),
    ("turn", "turn", ("left", "right"), "degrees"),
)


def _say_stand(args: Args) -> str:
    return f"stand for {args['duration_s']:g} s" if "duration_s" in args else "stand"


_SAYINGS: Mapping[str, Callable[[Args], str]] = {
    "walk": _say_walk,
    "grasp": lambda args: f"grasp {_the(args['object'])}",
    "manipulate": lambda args: (
        f"place {_the(args['object'])} on {_the(args['target'])}"
    ),
    "balance": _say_stand,
}


def _the(name: str | float | None) -> str:
    return f"the {_spoken(str(name))}"


def _spoken(name: str) -> str:
    return name.replace("_", " ")
