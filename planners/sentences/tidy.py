"""Settle what words mean by their neighbours, so that the grammar can stay small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from lark import Token

from planners.sentences.words import VERBS

_LOUD = ("AND", "THEN")  # they promise that something follows
_SEPARATORS = (*_LOUD, "COMMA", "SOON", "PERIOD", "COLON")
_AMOUNTS = (
    "DISTANCE",
    "ANGLE",
    "DURATION",
    "SPEED",
    "TIMES",
    "MORE",
    "TURNING",
    "NUMBER",
)
_THINGS = ("NAME", "IT")
_SUBJECTS = ("_YOU", "THERE")
_CONDITION = ("IF", "UNLESS", "ENSURE")
_VERBS = (*VERBS, "SKILL")
_DEEDS = frozenset(_VERBS) - {"DO", "REPEAT", "HALT"}


def tidy(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens as the grammar wants them.

    Words that only lean on their neighbours are dropped ("for" before a time, "one"
    before a thing). Each run of separators becomes one `_JOIN` within a sentence or
    one `_STOP` at its end.
    """
    return _merge(_settle(_without_announcements(_manner_behind_verb(tokens))))


def _manner_behind_verb(tokens: Sequence[Token]) -> list[Token]:
    """Turn "slowly, walk to X" into "walk slowly to X"."""
    ordered: list[Token] = []
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        begins = not ordered or ordered[-1].type in _SEPARATORS
        if token.type in ("SLOWLY", "QUICKLY") and begins:
            comma = [rest.pop(0)] if rest and rest[0].type == "COMMA" else []
            if rest and rest[0].type in ("WALK", "STEP", "MOVE"):
                ordered += [rest.pop(0), token]
            else:
                ordered += [token, *comma]
            continue
        ordered.append(token)
    return ordered


def _without_announcements(tokens: Sequence[Token]) -> list[Token]:
    """Drop verbs that only announce: "go and" grasp it, "do it" within a minute."""
    kinds = [token.type for token in tokens]
    empty: set[int] = set()
    for at, token in enumerate(tokens):
        if str(token).lower() in ("go", "come") and token.type == "WALK":
            end = at + 1 + (kinds[at + 1 : at + 2] == ["AND"])
            if end < len(kinds) and kinds[end] in _DEEDS:
                empty |= set(range(at, end))
        do, what, within = (*kinds[at : at + 3], "", "", "")[:3]
        if do == "DO" and what in ("IT", "ALL") and within == "_WITHIN":
            empty |= {at, at + 1}
    return [token for at, token in enumerate(tokens) if at not in empty]


@dataclass(frozen=True)
class _Around:
    """A token and its neighbours."""

    before: tuple[Token, ...]  # already settled, the nearest last
    token: Token
    after: Sequence[Token]

    def preceded_by(self, *kinds: Sequence[str]) -> bool:
        """Whether the tokens before are of these kinds, the nearest last."""
        near = self.before[-len(kinds) :]
        return len(near) == len(kinds) and all(
            token.type in kind for token, kind in zip(near, kinds, strict=True)
        )

    def followed_by(self, *kinds: Sequence[str]) -> bool:
        """Whether the tokens after are of these kinds."""
        near = self.after[: len(kinds)]
        return len(near) == len(kinds) and all(
            token.type in kind for token, kind in zip(near, kinds, strict=True)
        )

    @property
    def begins(self) -> bool:
        """Whether a command may begin here."""
        return not self.before or self.preceded_by((*_SEPARATORS, "_ELSE"))

    @property
    def ends(self) -> bool:
        """Whether a command may end here."""
        return not self.after or self.followed_by(_SEPARATORS)


def _settle(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    in_condition = False
    for index, token in enumerate(tokens):
        here = _Around(tuple(kept[-3:]), token, tokens[index + 1 : index + 4])
        kind: str | None = token.type
        match token.type:
            case "IF" | "UNLESS":
                in_condition = True
            case "PERIOD" | "_ELSE":
                in_condition = False
            case _ if token.type in _VERBS and here.begins:
                in_condition = token.type == "ENSURE"
            case _:
                kind = _kind_of(here, in_condition)
        if kind is not None:
            kept.append(Token.new_borrow_pos(kind, token.value, token))
    return kept


def _kind_of(here: _Around, in_condition: bool) -> str | None:
    """Return what a token is among its neighbours; None if it says nothing."""
    token = here.token
    drop = False
    match token.type:
        case "IT":
            drop = here.followed_by(("NAME",)) or (
                str(token).lower() in ("that", "this", "these", "those")
                and (
                    (here.preceded_by(_CONDITION) and here.followed_by(_SUBJECTS))
                    # "the cup that is on the table"
                    or (here.preceded_by(_THINGS) and here.followed_by(("IS",)))
                )
            )
        case "TURN":
            drop = here.preceded_by(("ANGLE",))  # "a 90-degree turn"
        case "WHICH":
            drop = here.preceded_by(_THINGS) and here.followed_by(("IS",))
        case "IS":
            drop = (
                not in_condition
                and here.preceded_by(_THINGS)
                and here.followed_by(("ON", "AT"))
            )
        case "NUMBER":
            drop = str(token).lower() == "one" and here.followed_by(("NAME",))
        case "_FOR":
            drop = here.followed_by(_AMOUNTS)
        case "_BY":
            return None if here.followed_by(_AMOUNTS) else "NEAR"
        case "AT" if here.followed_by(("NUMBER",)):
            drop = True
        case "AT" | "_WITH" | "_IN" | "SPEED_OF":
            drop = here.followed_by(("SPEED", "SPEED_OF"))
        case "TO" | "ON":
            drop = here.followed_by(("SIDE",)) and not here.followed_by(
                ("SIDE",), ("_HAND",)
            )
        case "_YOU":
            drop = not (
                in_condition and here.preceded_by((*_CONDITION, "_AND_IF", "_YOU"))
            )
        case "AGAIN":
            drop = not here.preceded_by(("REPEAT", "IT", "ALL")) or in_condition
            if here.preceded_by(("IT", "ALL")):
                drop = not here.preceded_by(("DO", "REPEAT"), ("IT", "ALL"))
        case "SOON":
            return "SOON" if here.begins or here.ends else "UNKNOWN"
        case "AND" if in_condition and here.followed_by((*_SUBJECTS, *_THINGS)):
            return "_AND_IF"
        case _:
            pass
    return None if drop else token.type


def _merge(tokens: Sequence[Token]) -> list[Token]:
    """Turn each run of separators into one token, or none if it separates nothing."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].type not in _SEPARATORS:
            kept.append(tokens[at])
            at += 1
            continue
        run = list(takewhile(lambda t: t.type in _SEPARATORS, tokens[at:]))
        at += len(run)
        kinds = {token.type for token in run}
        loud = [token for token in run if token.type in _LOUD]
        kind = "_STOP" if "PERIOD" in kinds else "_JOIN"
        if "COLON" in kinds and kept and kept[-1].type in ("TIMES", "FOLLOWING"):
            kind = "_COLON"
        first = not kept or kept[-1].type == "_ELSE"
        if not first and kind == "_JOIN" and not loud and _often(tokens[at:]):
            kept.append(
                Token.new_borrow_pos("LATE_TIMES", tokens[at].value, tokens[at])
            )
            at += 1
            continue
        if first or _needless(kind, bool(loud), tokens[at:]):
            continue
        said = loud[-1] if loud else run[0]
        kept.append(Token.new_borrow_pos(kind, said.value, said))
    return kept


def _needless(kind: str, loud: bool, after: Sequence[Token]) -> bool:
    """Whether a separator before these tokens separates nothing."""
    if kind == "_COLON":
        return False
    if not after:
        return not loud
    first = after[0].type
    if first in ("_ELSE", "_WITHIN"):
        return True
    if kind == "_STOP" or loud:
        return False
    if first in ("_WITH", "_IN", "HANDED"):
        # "with the left hand, grasp it" begins a command; "with the left" ends one
        near = [token.type for token in after[:5] if token.type not in _SEPARATORS]
        return not any(kind in _VERBS for kind in near[1:])
    if first in ("IF", "UNLESS"):
        return _ends_a_sentence(after)
    return False


def _often(after: Sequence[Token]) -> bool:
    """Whether a count comes next, and no command of its own: "..., twice"."""
    kinds = [token.type for token in after[:2]]
    return kinds[:1] == ["TIMES"] and kinds != ["TIMES", "COLON"]


def _ends_a_sentence(condition: Sequence[Token]) -> bool:
    """Whether no command follows a condition: then it belongs to the one before."""
    for index, token in enumerate(condition):
        if token.type in ("PERIOD", "_ELSE"):
            return True
        if token.type in _SEPARATORS:
            rest = condition[index + 1 :]
            return not rest or rest[0].type in ("_ELSE", "_WITHIN")
        if token.type in _VERBS and token.type not in _ALSO_IN_CONDITIONS:
            return False
    return True


_ALSO_IN_CONDITIONS = ("HOLD", "CARRY", "GRASP", "DO")  # also said within conditions
