"""Turn commands for the legs into steps: walk, turn, stand."""

from __future__ import annotations

from planners.sentences import limits
from planners.sentences.command import Command, Spot
from planners.sentences.context import Context, Names, position
from planners.sentences.script import Script
from planners.sentences.ways import (
    Args,
    check_only_target,
    displacement,
    pace,
    rotation,
)
from planners.sentences.words import VERBS
from planners.vocabulary import LanguageError

_TURNS = ("ANGLE", "AROUND", "CLOCKWISE", "COUNTERCLOCKWISE")


class Footwork:
    """Adds the steps of commands for the legs to a script."""

    def __init__(self, names: Names, context: Context, script: Script) -> None:
        """Begin where the context says, and write to the script."""
        self._names = names
        self._context = context
        self._script = script

    def _walk(self, command: Command) -> None:
        goals = command.goals
        if len(goals) > 1:
            raise second_place(goals[1])
        self._leave_from(command, bool(goals))
        if goals:
            target = self._where(goals[0])
            check_only_target(command, target)
            self._walk_to(command, target)
        else:
            self._script.step("walk", {**displacement(command), **self._carrying()})
            self._context.here = None

    def _leave_from(self, command: Command, has_target: bool) -> None:
        """Walk to where a walk begins: "from the table to the shelf"."""
        for spot in command.origins:
            start = self._where(spot)
            if start == self._context.here:
                continue
            if not has_target:
                raise LanguageError(
                    f"'{spot.place}' {position(spot.place)} is not where the robot "
                    f"was sent before; say 'walk to {start}' first"
                )
            self._walk_to(command, start)

    def _walk_to(self, command: Command, target: str) -> None:
        if target in self._context.held:
            raise LanguageError(
                f"cannot {command.verb} to '{target}' {position(command.verb)}: it is "
                "in the hand"
            )
        args: Args = {"target": target, **self._carrying(), **pace(command)}
        self._script.step("walk", args)
        self._context.place = self._context.here = target
        if target not in self._names.vocabulary.fixed:
            self._context.thing = target

    def _carrying(self) -> Args:
        name = self._context.in_hand
        if name is None:
            return {}
        side = self._context.held[name]
        return {"carrying": name, **({"side": side} if side else {})}

    def _turn(self, command: Command) -> None:
        self._script.step("walk", {**rotation(command), **self._carrying()})
        self._context.here = None

    def _also(self, command: Command) -> None:
        """Go on without a verb: "... and then to the shelf"."""
        if not self._context.moves:
            raise LanguageError(
                f"'{command.verb}' {position(command.verb)} comes without a command; "
                f"expected {forms()}"
            )
        if command.word(*_TURNS) is not None and not command.spots:
            self._turn(command)
        else:
            self._walk(command)

    def _stand(self, command: Command) -> None:
        self._stand_at(command)
        command.check_single("time", "DURATION")
        lasting = command.word("DURATION")
        if lasting is not None:
            self._script.step("balance", {"duration_s": limits.duration(lasting)})
        elif not command.spots or str(command.verb).lower() != "stand":
            raise LanguageError(
                f"'{command.verb}' {position(command.verb)} does not say how long; say "
                f"'{command.verb} for 5 seconds' or '{command.verb} until told to stop'"
            )

    def _stand_at(self, command: Command) -> None:
        """Go where the robot is to stand, unless it is there."""
        for spot in command.spots:
            if spot.way == "on":
                raise LanguageError(
                    f"'{spot.word}' {position(spot.word)} does not fit: the robot "
                    "stands on the floor; expected 'at'"
                )
            place = self._where(spot)
            if place != self._context.here:
                self._walk_to(command, place)

    def _where(self, spot: Spot) -> str:
        return self._names.place(spot.place, self._context.place)


def forms() -> str:
    """Return how commands are said, for a message."""
    return f"a command ({', '.join(repr(v.form) for v in VERBS.values() if v.form)})"


def second_place(spot: Spot) -> LanguageError:
    """Return the refusal of one place too many."""
    return LanguageError(
        f"'{spot.place}' {position(spot.place)} is a second place; name one"
    )
