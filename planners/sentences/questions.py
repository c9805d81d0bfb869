"""Read conditions such as "the cup is on the shelf" into predicates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lark import Token, Tree

from planners.sentences.command import read_spot
from planners.sentences.context import Context, Names, position
from planners.sentences.grammar import Branch
from planners.vocabulary import LanguageError
from skills.contract import Predicate


@dataclass(frozen=True, kw_only=True)
class Question:
    """A predicate, and whether it is asked that it does not hold."""

    predicate: Predicate
    negated: bool

    @property
    def opposite(self) -> Question:
        """The question with the other answer."""
        return replace(self, negated=not self.negated)


def read_question(branch: Branch, names: Names, context: Context) -> Question:
    """Return what a condition asks; "it" and "there" then mean what it names.

    Raises:
        LanguageError: if a name stands for nothing, or for several things.
    """
    negated = any(
        isinstance(part, Token) and part.type == "NOT" for part in branch.children
    )
    said = [part for part in branch.children if isinstance(part, Tree)]
    thing = place = None
    for part in said:
        if part.data == "thing":
            (word,) = part.children
            assert isinstance(word, Token)
            thing = names.thing(word, context.thing or context.in_hand)
        else:
            spot = read_spot(part)
            place = names.place(spot.place, context.place)
            on = thing is not None
            if on != (spot.way in ("on", "at", "to")) and (on or spot.way == "on"):
                wanted = "on" if on else "at"
                raise LanguageError(
                    f"'{spot.word}' {position(spot.word)} cannot be asked; expected "
                    f"'{wanted}'"
                )
    kind = str(branch.data)
    if kind in ("is_on", "there_is") and thing and place:
        if thing == place:
            word = read_spot(said[-1]).place
            raise LanguageError(
                f"'{word}' {position(word)} cannot be on itself; name another place: "
                f"{names.others(thing)}"
            )
        predicate = Predicate("on", (thing, place))
    elif kind == "you_are" and place:
        predicate = Predicate("at", (place,))
    else:
        assert thing is not None
        name = {"is_held": "holding", "is_in_reach": "in_reach"}.get(kind, "visible")
        predicate = Predicate(name, (thing,))
    context.thing = thing or context.thing
    context.place = place or context.place
    return Question(predicate=predicate, negated=negated)


def assume(question: Question, context: Context) -> None:
    """Go on as if the answer were yes."""
    name, args = question.predicate.name, question.predicate.args
    if name == "holding":
        context.held.pop(args[0], None)
        if not question.negated:
            context.held[args[0]] = None
    elif name == "on" and not question.negated:
        context.held.pop(args[0], None)
        context.taken_from[args[0]] = args[1]
    elif name == "at" and not question.negated:
        context.here = args[0]
    elif name == "at" and context.here == args[0]:
        context.here = None
