"""Turn commands into steps: who "it" is, where "there" is, what a walk is for."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token

from planners.task import Step
from planners.vocabulary import LanguageError, Vocabulary

Args = dict[str, str | float]


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command of a sentence, in the words that were said."""

    action: str  # walk, grasp, place, carry, stand
    at: Token  # the verb
    thing: Token | None = None
    where: Token | None = None
    side: Token | None = None
    duration: Token | None = None  # [s]


class Meaning:
    """Reads commands in order and remembers what was talked about."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Start with empty hands and nothing mentioned."""
        self._vocabulary = vocabulary
        self._steps: list[tuple[str, Args]] = []
        self._held: str | None = None
        self._held_side: str | None = None
        self._thing: str | None = None  # what "it" means
        self._place: str | None = None  # what "there" means

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was asked for so far."""
        return tuple(Step(skill=skill, args=args) for skill, args in self._steps)

    def add(self, command: Command) -> None:
        """Understand one more command.

        Raises:
            LanguageError: if it makes no sense in this scene or after the others.
        """
        match command.action:
            case "walk":
                self._walk(command.at, self._where(command.where))
            case "grasp":
                self._grasp(command)
            case "place":
                self._put(command)
            case "carry":
                self._carry(command)
            case _:
                self._stand(command)

    def _walk(self, verb: Token, target: str) -> None:
        if target == self._held:
            raise LanguageError(
                f"cannot walk to '{target}' {_position(verb)}: it is in the hand"
            )
        args: Args = {"target": target}
        if self._held:
            args["carrying"] = self._held
        if self._held and self._held_side:
            args["side"] = self._held_side
        self._steps.append(("walk", args))
        self._place = target
        if target not in self._vocabulary.fixed:
            self._thing = target

    def _grasp(self, command: Command) -> None:
        name = self._object(command.thing, it=self._thing)
        self._check_movable(name, command)
        if command.where:
            self._place = self._name(command.where)
        args: Args = {"object": name}
        walk = self._walk_before()
        if walk is not None:
            walk["reach"] = name
        self._held_side = None
        if command.side:
            self._held_side = str(command.side).lower()
            args["side"] = self._held_side
            if walk is not None:
                walk["side"] = self._held_side
        self._steps.append(("grasp", args))
        self._held = self._thing = name

    def _put(self, command: Command) -> None:
        name = self._in_hand(command)
        if command.where is None and self._place is None:
            raise LanguageError(
                f"'{command.at}' {_position(command.at)} does not say where; "
                f"say '{command.at} {name} on ...'"
            )
        target = self._where(command.where)
        if target == name:
            raise LanguageError(
                f"cannot {command.at} '{name}' on itself "
                f"{_position(command.where or command.at)}; "
                f"name another place: {self._others(name)}"
            )
        walk = self._walk_before()
        if walk is not None:
            walk.setdefault("carrying", name)
        self._steps.append(("manipulate", {"object": name, "target": target}))
        self._held = self._held_side = None
        self._thing, self._place = name, target

    def _carry(self, command: Command) -> None:
        name = self._in_hand(command)
        if name != self._held:
            self._held, self._held_side = name, None
        self._walk(command.at, self._where(command.where))
        self._thing = name

    def _stand(self, command: Command) -> None:
        duration = float(command.duration or 0)
        if duration <= 0:
            raise LanguageError(
                f"'{command.duration}' {_position(command.duration)} is no time to "
                f"{command.at}; expected more than 0 seconds"
            )
        self._steps.append(("balance", {"duration_s": duration}))

    def _walk_before(self) -> Args | None:
        """Return the walk that ends where the next step begins, if there is one."""
        for skill, args in reversed(self._steps):
            if skill == "walk":
                return args
            if skill != "balance":
                break
        return None

    def _in_hand(self, command: Command) -> str:
        """Return what is put or carried; "it" must have been grasped before."""
        thing = command.thing
        if thing is not None and thing.type == "IT" and self._held is None:
            raise LanguageError(
                f"nothing is in the hand for '{thing}' {_position(thing)}; "
                f"say 'grasp ...' first, or name the object: {self._movable()}"
            )
        name = self._object(thing, it=self._held)
        self._check_movable(name, command)
        return name

    def _check_movable(self, name: str, command: Command) -> None:
        if name in self._vocabulary.fixed:
            raise LanguageError(
                f"cannot {command.at} '{name}' {_position(command.thing)}: it is fixed "
                f"to the world; can be moved: {self._movable()}"
            )

    def _object(self, thing: Token | None, it: str | None) -> str:
        if thing is not None and thing.type == "NAME":
            return self._name(thing)
        if it is None:
            raise LanguageError(
                f"'{thing}' {_position(thing)} means nothing yet; "
                f"name the object: {self._movable()}"
            )
        return it

    def _where(self, where: Token | None) -> str:
        # "walk to the table and put the cup on it": after "on" and "to",
        # "it" is the place, never the thing in the hand.
        if where is not None and where.type == "NAME":
            return self._name(where)
        if self._place is None:
            raise LanguageError(
                f"'{where}' {_position(where)} means no place yet; "
                f"name the place: {self._others(None)}"
            )
        return self._place

    def _name(self, token: Token) -> str:
        names = self._vocabulary.phrases[" ".join(str(token).lower().split())]
        if len(names) > 1:
            raise LanguageError(
                f"'{token}' {_position(token)} may mean {' or '.join(names)}; "
                "name one of them"
            )
        return names[0]

    def _movable(self) -> str:
        return ", ".join(self._vocabulary.movable) or "none"

    def _others(self, name: str | None) -> str:
        return ", ".join(sorted(self._vocabulary.kinds.keys() - {name})) or "none"


def _position(token: Token | None) -> str:
    start = token.start_pos if token is not None else None
    return f"at character {(start or 0) + 1}"
