"""One command of a sentence, in the words that were said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lark import Token, Tree

from planners.sentences.context import position
from planners.sentences.grammar import Branch
from planners.vocabulary import LanguageError


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place and how the sentence leads to it."""

    way: str  # to, on, at, near, from
    word: Token | None  # "next to"; None for a bare "there"
    place: Token


@dataclass(frozen=True, kw_only=True)
class Command:
    """What one command says; what it means depends on the others."""

    action: str  # the grammar's name for it
    verb: Token
    thing: Token | None = None
    spots: tuple[Spot, ...] = ()
    side: Token | None = None
    said: tuple[Token, ...] = ()  # directions, amounts, manners

    def word(self, *kinds: str) -> Token | None:
        """Return the first word of these kinds."""
        return next((token for token in self.said if token.type in kinds), None)

    def check_single(self, what: str, *kinds: str) -> None:
        """Refuse two words of these kinds.

        Raises:
            LanguageError: naming the second one.
        """
        extra = [token for token in self.said if token.type in kinds][1:]
        if extra:
            raise LanguageError(
                f"'{extra[0]}' {position(extra[0])} is a second {what}; put 'then' "
                "between two commands"
            )

    @property
    def origins(self) -> tuple[Spot, ...]:
        """Where something is taken from."""
        return tuple(spot for spot in self.spots if spot.way == "from")

    @property
    def goals(self) -> tuple[Spot, ...]:
        """Places that are not called an origin."""
        return tuple(spot for spot in self.spots if spot.way != "from")


def read_command(branch: Branch) -> Command:
    """Pick the parts of a command out of its branch of the grammar."""
    if branch.data == "fronted":
        hand, handling = branch.children
        assert isinstance(hand, Tree) and isinstance(handling, Tree)
        command = read_command(handling)
        return replace(command, side=_only(command.side, first_token(hand)))
    verb, *parts = branch.children
    if branch.data == "also":  # it has no verb; its first word stands for it
        parts = [verb, *parts]
        verb = first_token(verb)
    assert isinstance(verb, Token)
    thing: Token | None = None
    side: Token | None = None
    spots: list[Spot] = []
    said: list[Token] = []
    for part in parts:
        if isinstance(part, Token):
            said.append(part)
        elif part.data in ("thing", "with"):
            thing = _only(thing, first_token(part))
        elif part.data == "hand":
            side = _only(side, first_token(part))
        else:
            spots.append(read_spot(part))
    return Command(
        action=str(branch.data),
        verb=verb,
        thing=thing,
        spots=tuple(spots),
        side=side,
        said=tuple(said),
    )


def read_spot(branch: Branch) -> Spot:
    """Read a place with the word before it."""
    *word, place = branch.children
    assert isinstance(place, Token)
    first = word[0] if word else None
    assert first is None or isinstance(first, Token)
    way = str(branch.data)
    if first is not None and first.type in ("NEAR", "ON", "AT"):
        way = first.type.lower()
    return Spot(way=way, word=first, place=place)


def _only(before: Token | None, token: Token) -> Token:
    if before is not None:
        raise LanguageError(
            f"'{token}' {position(token)} comes on top of '{before}'; name one"
        )
    return token


def first_token(part: Token | Branch) -> Token:
    """Return the first word of a branch."""
    while isinstance(part, Tree):
        part = part.children[0]
    return part
