"""Turn commands into steps: what is taken in the hand, carried and put down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lark import Token

from planners.sentences import limits
from planners.sentences.command import Command, Spot
from planners.sentences.context import position
from planners.sentences.footwork import Footwork, second_place
from planners.sentences.ways import Args
from planners.vocabulary import LanguageError

_LEGS = ("walk", "turn", "also")


class Deeds(Footwork):
    """Adds the steps of commands to a script, one command after the other."""

    def add(self, command: Command) -> None:
        """Understand one more command.

        Raises:
            LanguageError: if it makes no sense in this scene or after the others.
        """
        self._script.verb = command.verb
        deeds: Mapping[str, Callable[[Command], None]] = {
            "walk": self._walk,
            "turn": self._turn,
            "also": self._also,
            "stand": self._stand,
            "grasp": self._grasp,
            "hold": self._hold,
            "take": self._take,
            "carry": self._carry,
            "move": self._put,
            "deliver": self._put,
            "place": self._put,
            "release": self._put,
            "drop": self._put,
            "leave": self._put,
        }
        if command.action in _LEGS and command.thing is not None:
            self._have(command)  # "walk to the shelf with the cup"
        deeds[command.action](command)
        self._context.moves = command.action in (*_LEGS, "carry")

    def stand_forever(self, command: Command) -> None:
        """Stand, or stand and hold something, until told otherwise."""
        self._script.verb = command.verb
        lasting = command.word("DURATION")
        if lasting is not None:
            raise LanguageError(
                f"'{lasting}' {position(lasting)} does not fit what goes on until told "
                "to stop; say one or the other"
            )
        if command.action == "hold":
            self._hold(command)
        else:
            self._stand_at(command)
        self._script.step("balance", {})
        self._context.moves = False

    def _grasp(self, command: Command) -> None:
        origins = command.spots
        if len(origins) > 1:
            raise second_place(origins[1])
        self._pick(command, origins[0] if origins else None)

    def _pick(self, command: Command, origin: Spot | None) -> str:
        context = self._context
        name = self._names.thing(command.thing, context.thing)
        self._names.check_movable(name, command.verb, command.thing)
        if origin is not None:
            if origin.way == "near":
                raise LanguageError(
                    f"'{origin.word}' {position(origin.word)} does not fit: things are "
                    "not told apart by what is near them; expected 'on' or 'from'"
                )
            context.place = self._where(origin)
        walk = self._script.walk_before()
        if walk is not None and origin and walk["target"] != context.place:
            walk = None
        side = _side(command)
        if walk is not None:
            walk["reach"] = name
            walk.update({"side": side} if side else {})
        self._script.step("grasp", {"object": name, **({"side": side} if side else {})})
        context.take(name, side)
        context.here = context.here if walk is not None else None
        whence = context.place if origin is not None else context.here
        if whence is not None:
            context.taken_from[name] = whence
        return name

    def _hold(self, command: Command) -> None:
        name = self._names.thing(
            command.thing, self._context.in_hand or self._context.thing
        )
        if name not in self._context.held:
            self._grasp(command)
        lasting = command.word("DURATION")
        command.check_single("time", "DURATION")
        if lasting is not None:
            self._script.step("balance", {"duration_s": limits.duration(lasting)})

    def _take(self, command: Command) -> None:
        if command.word("BACK") or any(s.way in ("to", "near") for s in command.spots):
            self._carry(command)
            return
        odd = command.word("SPEED", "SLOWLY", "QUICKLY")
        if odd is not None:
            raise _no_walk(odd)
        self._grasp(command)

    def _have(self, command: Command, origin: Spot | None = None) -> str:
        """Have a thing in the hand; grasp it first if it is not there yet."""
        context = self._context
        name = self._names.thing(command.thing, context.in_hand or context.thing)
        self._names.check_movable(name, command.verb, command.thing)
        if name in context.held:
            self._check_side(name, command)
            context.take(name, context.held[name] or _side(command))
            return name
        if command.thing is not None and command.thing.type == "IT":
            context.thing = name
        return self._pick(command, origin)

    def _carry(self, command: Command) -> None:
        origin, goal = self._way(command)
        there = self._context.place
        name = self._have(command, origin)
        if goal is not None and goal.way in ("to", "near"):
            target = self._names.place(goal.place, there)
        elif goal is None and command.word("BACK") and name in self._context.taken_from:
            target = self._context.taken_from[name]
        else:
            raise LanguageError(
                f"'{command.verb}' {position(command.verb)} does not say where to; "
                f"say '{command.verb} {name} to ...'"
            )
        self._walk_to(command, target)
        self._context.thing = name

    def _put(self, command: Command) -> None:
        odd = command.word("SPEED", "SLOWLY", "QUICKLY")
        if odd is not None:
            raise _no_walk(odd)
        name = self._in_hand(command)
        target, goal = self._surface(command, name)
        if target == name:
            said = goal.place if goal else command.verb
            raise LanguageError(
                f"cannot {command.verb} '{name}' on itself {position(said)}; "
                f"name another place: {self._names.others(name)}"
            )
        self._check_side(name, command)
        walk = self._script.walk_before()
        if walk is not None and walk["target"] == target:
            walk.setdefault("carrying", name)
        side = _side(command)
        args: Args = {"object": name, "target": target}
        self._script.step("manipulate", {**args, **({"side": side} if side else {})})
        self._context.held.pop(name, None)
        self._context.thing, self._context.place = name, target
        self._context.here = target

    def _surface(self, command: Command, name: str) -> tuple[str, Spot | None]:
        """Return where something is to be put, and the words for it."""
        origin, goal = self._way(command)
        if origin is not None:
            self._context.taken_from[name] = self._where(origin)
        if goal is not None:
            if goal.way == "near":
                raise LanguageError(
                    f"'{goal.word}' {position(goal.word)} does not fit: things are put "
                    "on others; expected 'on'"
                )
            return self._where(goal), goal
        there = self._context.place
        if command.word("BACK") is not None:
            there = self._context.taken_from.get(name)
        if command.action in ("drop", "move", "deliver", "leave"):
            there = None if command.word("BACK") is None else there
        if there is None:
            raise LanguageError(
                f"'{command.verb}' {position(command.verb)} does not say where; "
                f"say 'put {name} on ...'"
            )
        return there, None

    def _in_hand(self, command: Command) -> str:
        """Return what is put; "it" must have been named before."""
        thing, context = command.thing, self._context
        if thing is None or thing.type == "IT":
            it = context.in_hand or context.thing
            if it is None or (it in self._names.vocabulary.fixed):
                raise self._empty_hand(thing or command.verb)
            name = it
        else:
            name = self._names.thing(thing, None)
            self._names.check_movable(name, command.verb, thing)
        if command.action == "leave" and name not in context.held:
            raise self._empty_hand(thing or command.verb)
        return name

    def _empty_hand(self, said: Token) -> LanguageError:
        return LanguageError(
            f"nothing is in the hand for '{said}' {position(said)}; say 'grasp ...' "
            f"first, or name the object: {self._names.movable}"
        )

    def _check_side(self, name: str, command: Command) -> None:
        held, said = self._context.held.get(name), _side(command)
        if held and said and held != said:
            raise LanguageError(
                f"'{command.side}' {position(command.side)} is not the hand that holds "
                f"'{name}'; it is in the {held} one"
            )

    def _way(self, command: Command) -> tuple[Spot | None, Spot | None]:
        """Return from where and to where: "(on) the table onto the shelf"."""
        origins, goals = command.origins, command.goals
        ways = [goal.way for goal in goals]
        if not origins and ways in (["on", "on"], ["on", "to"]):
            origins, goals = goals[:1], goals[1:]
        for spots in (origins, goals):
            if len(spots) > 1:
                raise second_place(spots[1])
        return (origins[0] if origins else None, goals[0] if goals else None)


def _side(command: Command) -> str | None:
    said = str(command.side).lower() if command.side is not None else ""
    return next((side for side in ("left", "right") if said.startswith(side)), None)


def _no_walk(said: Token) -> LanguageError:
    return LanguageError(
        f"'{said}' {position(said)} does not fit: only a walk has a speed"
    )
