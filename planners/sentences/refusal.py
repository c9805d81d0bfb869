"""Say what was expected where a sentence stops making sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lark import Token
from rapidfuzz import fuzz, process

from planners.sentences.context import position
from planners.sentences.footwork import forms
from planners.sentences.words import HINTS, SEPARATORS, VERBS, WORDS_OF
from planners.vocabulary import Vocabulary

NEAR_ENOUGH = 60.0  # similarity [%] below which a guess would only confuse

_AMOUNTS = {
    "DISTANCE": "a distance ('2 m')",
    "ANGLE": "an angle ('90 degrees')",
    "DURATION": "a time ('5 seconds')",
    "SPEED": "a speed ('0.4 m/s')",
}
# Also possible in many places; listing them would bury what is likely.
_RARE = {
    *("TIMES", "MORE", "IF", "UNLESS", "_ELSE", "_WITHIN", "_STOP", "NEAR", "_FOR"),
    *("SLOWLY", "QUICKLY", "SIDEWAYS", "_IN", "HANDED", "AT", "_YOU", "_COLON", "ALL"),
    *("CLOCKWISE", "COUNTERCLOCKWISE", "_UP", "_DOWN", "FOLLOWING", "AGAIN", "SKILL"),
    *("NOT", "_AND_IF", "FROM", "_WITH", "SPEED", "_HAVE", "_SEE", "_REACH", "CAN"),
}


def explain(
    tokens: Sequence[Token], at: int, expected: set[str], vocabulary: Vocabulary
) -> str:
    """Return one line about the first token that does not fit.

    Args:
        tokens: of the sentence.
        at: index of that token; behind the last if the sentence stops too early.
        expected: terminals that would have fitted.
        vocabulary: of the scene.
    """
    wanted = ", ".join(_wanted(expected, vocabulary))
    if expected == {"_COLON"}:
        often = tokens[at - 1]
        return f"'{often}' {position(often)} comes before its command; say it behind"
    if at >= len(tokens):
        return f"the sentence stops after '{tokens[-1]}'; expected {wanted}"
    token, after = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
    if at and tokens[at - 1].type == "_IN" and token.type != "SIDE":
        token, after = tokens[at - 1], token
    where = f"'{token}' {position(token)}"
    hint = _hint(tokens[at - 1] if at else None, token, after)
    if token.type == "NUMBER" and after is not None and after.type == "UNKNOWN":
        return (
            f"unknown unit '{after}' {position(after)}; expected m, cm, degrees, rad, "
            "seconds, minutes, m/s, km/h or times"
        )
    if token.type == "NUMBER":
        return f"{where} has no unit; say '2 m', '90 degrees', '5 seconds' or '3 times'"
    if token.type in ("NOT", "_IN") and hint:
        return f"{where} does not fit here; {hint}"
    if expected == {"$END"}:
        hint = "; a deadline is for the whole task, so say it at the end"
        return f"{where} does not fit here; expected {wanted}{hint}"
    hint = f"; {hint}" if hint else ""
    if token.type != "UNKNOWN":
        return f"{where} does not fit here; expected {wanted}{hint}"
    near = None if hint else _nearest(str(token).lower(), expected, vocabulary)
    guess = f"; did you mean '{near}'?" if near else ""
    return f"unknown word {where}; expected {wanted}{hint}{guess}"


def _hint(before: Token | None, token: Token, after: Token | None) -> str:
    """Return what to say instead of a word that is heard often."""
    if token.type == "_IN" and after is not None and after.type == "DURATION":
        return f"say 'within {after}'"
    if token.type == "_IN":
        named = after is not None and after.type in ("NAME", "IT")
        return HINTS["in"] if named else ""
    if token.type == "NOT":
        return HINTS["not"]
    if token.type == "NAME" and before is not None and before.type == "_JOIN":
        return "say the verb again for a second thing"
    if token.type in ("ANGLE", "DISTANCE"):
        return f"say '{'turn' if token.type == 'ANGLE' else 'walk'} ... {token}'"
    return HINTS.get(str(token).lower(), "")


def _nearest(word: str, expected: set[str], vocabulary: Vocabulary) -> str | None:
    words = {said for terminal in expected for said in WORDS_OF.get(terminal, ())}
    words = {said for said in words if " " not in said}
    if "_JOIN" in expected:
        words |= SEPARATORS.keys()
    if "NAME" in expected:
        words |= {*vocabulary.kinds, *vocabulary.kinds.values()}
    if "SKILL" in expected and vocabulary.skills:
        words |= vocabulary.skills.keys()
    near = process.extractOne(
        word, sorted(words), scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH
    )
    return near[0] if near else None


def _wanted(expected: Iterable[str], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield what may come next, in words."""
    rest = set(expected)
    if rest & (VERBS.keys() - {"HOLD", "CARRY", "DO", "GRASP", "STAND"}):
        yield forms()
        return  # a comma would be accepted too, but helps nobody
    likely = rest - _RARE or rest
    if "$END" in rest:  # what could be added to a command is no help
        likely &= {"_JOIN", "_HAND", "$END"}
    if "NAME" in rest:
        likely -= {"BACK"}
    if "NAME" in likely:
        yield f"an object ({', '.join(sorted(vocabulary.kinds)) or 'none is known'})"
    for terminal, form in _AMOUNTS.items():
        if terminal in likely:
            yield form
    for terminal in WORDS_OF:
        if terminal in likely:
            words = WORDS_OF[terminal]
            shown = words if terminal == "_JOIN" else words[:1]
            yield from map("'{}'".format, shown)
    if "$END" in likely:
        yield "the end of the sentence"
