"""What a sentence has talked about so far: what is "it", where is "there"."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lark import Token

from planners.vocabulary import LanguageError, Vocabulary


@dataclass
class Context:
    """What the words before have said and done."""

    held: dict[str, str | None] = field(default_factory=dict)  # hand by object
    thing: str | None = None  # what "it" means
    place: str | None = None  # what "there" means
    here: str | None = None  # what the robot stands at, if that is certain
    taken_from: dict[str, str] = field(default_factory=dict)  # where "back" is
    moves: bool = False  # the last command went somewhere or turned

    def copy(self) -> Context:
        """Return another one that can go its own way."""
        return replace(self, held=dict(self.held), taken_from=dict(self.taken_from))

    @property
    def in_hand(self) -> str | None:
        """What was taken last and is still held."""
        return next(reversed(self.held), None)

    def take(self, name: str, side: str | None) -> None:
        """Have something in a hand; it is "it" from now on."""
        self.held.pop(name, None)
        self.held[name] = side
        self.thing = name

    def merge(self, other: Context) -> None:
        """Keep only what is so whichever way a choice went."""
        same = [n for n in self.held if n in other.held]
        self.held = {
            n: s if other.held[n] == s else None
            for n, s in ((n, self.held[n]) for n in same)
        }
        self.here = self.here if self.here == other.here else None
        self.taken_from = {
            n: p for n, p in self.taken_from.items() if other.taken_from.get(n) == p
        }


def position(token: Token | None) -> str:
    """Return where a word stands, counted from 1."""
    start = token.start_pos if token is not None else None
    return f"at character {(start or 0) + 1}"


class Names:
    """Finds what the words of a sentence name."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Take the things that can be named."""
        self.vocabulary = vocabulary

    def named(self, token: Token) -> str:
        """Return the only thing that a name or a kind stands for."""
        phrases = self.vocabulary.phrases
        names = phrases[" ".join(str(token).lower().split())]
        if len(names) > 1:
            raise LanguageError(
                f"'{token}' {position(token)} may mean {' or '.join(names)}; "
                "name one of them"
            )
        return names[0]

    def thing(self, token: Token | None, it: str | None) -> str:
        """Return what a name or "it" stands for."""
        if token is not None and token.type == "NAME":
            return self.named(token)
        if it is None:
            raise LanguageError(
                f"'{token}' {position(token)} means nothing yet; "
                f"name the object: {self.movable}"
            )
        return it

    def place(self, token: Token, there: str | None) -> str:
        """Return what a name, "there" or "it" stands for as a place.

        "Walk to the table and put the cup on it": after "on" and "to", "it" is the
        place, never the thing in the hand.
        """
        if token.type == "NAME":
            return self.named(token)
        if there is None:
            raise LanguageError(
                f"'{token}' {position(token)} means no place yet; "
                f"name the place: {self.others(None)}"
            )
        return there

    def check_movable(self, name: str, verb: Token, said: Token | None) -> None:
        """Refuse to move what is fixed to the world."""
        if name in self.vocabulary.fixed:
            raise LanguageError(
                f"cannot {verb} '{name}' {position(said or verb)}: it is fixed "
                f"to the world; can be moved: {self.movable}"
            )

    @property
    def movable(self) -> str:
        """What can be moved, for a message."""
        return ", ".join(self.vocabulary.movable) or "none"

    def others(self, name: str | None) -> str:
        """What can be named besides something, for a message."""
        return ", ".join(sorted(self.vocabulary.kinds.keys() - {name})) or "none"
