"""Split a sentence into typed words: things, amounts, and the words of the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lark import Token

from planners.sentences.quantities import NUMBER_PATTERN, Amount, read_amount
from planners.sentences.words import (
    ARTICLES,
    CONTRACTIONS,
    FILLERS,
    SEPARATORS,
    VERBS,
    WORDS_OF,
)
from planners.vocabulary import LanguageError, Vocabulary

MAX_CHARACTERS = 4000
MAX_WORDS = 300

# Where two terminals share a word, the one that is written last here has it.
_CLAUSE_ONLY = ("_AND_IF", "_JOIN", "_STOP", "_HAVE", "_REACH", "IS", "CAN", "_COLON")
_PHRASES: Mapping[str, str] = {
    " ".join(word for word in phrase.split() if word not in ARTICLES): kind
    for phrase, kind in (
        *((word, "FILLER") for word in FILLERS),
        *((word, kind) for kind in _CLAUSE_ONLY for word in WORDS_OF[kind]),
        *(
            (word, kind)
            for kind, words in WORDS_OF.items()
            if kind not in _CLAUSE_ONLY
            for word in words
        ),
        *SEPARATORS.items(),
        (":", "COLON"),
    )
}
_LONGEST = max(len(phrase.split()) for phrase in _PHRASES)
_WORD = re.compile(
    rf"(?P<number>{NUMBER_PATTERN})"
    r"|(?P<word>(?:[kc]?m|rad|deg|°)\s?/\s?(?:sec|s|h)\b|\w[\w-]*(?:['’]\w+)?|\S)",  # noqa: RUF001
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word of the sentence, in lower case, and where it stood."""

    text: str
    start: int  # in characters
    end: int


def read_tokens(text: str, vocabulary: Vocabulary) -> list[Token]:
    """Return the words that carry meaning, typed by grammar terminal.

    NAME is a thing, NUMBER a number without a unit, UNKNOWN anything else.
    Separators are still what was said: COMMA, AND, THEN, SOON, PERIOD, COLON.
    `start_pos` counts characters from 0.

    Raises:
        LanguageError: if the sentence is too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise LanguageError(
            f"the sentence has {len(text)} characters; at most {MAX_CHARACTERS} are "
            "read, so say it in several tasks"
        )
    words = list(_words(text, vocabulary))
    if len(words) > MAX_WORDS:
        raise LanguageError(
            f"the sentence has {len(words)} words; at most {MAX_WORDS} are read, so "
            "say it in several tasks"
        )
    return list(_tokens(text, words, vocabulary))


def _words(text: str, vocabulary: Vocabulary) -> Iterator[Word]:
    for match in _WORD.finditer(text):
        start, end = match.span()
        said = match.group().lower().replace("’", "'")  # noqa: RUF001
        said = re.sub(r"\s", "", said) if "/" in said else said
        if said == "-" and re.fullmatch(r"\d-[^\W\d]", text[start - 1 : end + 1]):
            continue  # "a 90-degree turn"
        known = said in _PHRASES or said in vocabulary.phrases
        if said in CONTRACTIONS:
            for word in CONTRACTIONS[said]:
                yield Word(text=word, start=start, end=end)
        elif "-" in said and not known and not match.group("number"):
            for part in re.finditer(r"[^-]+", match.group()):  # "twenty-five"
                yield Word(
                    text=part.group().lower(),
                    start=start + part.start(),
                    end=start + part.end(),
                )
        else:
            yield Word(text=said, start=start, end=end)


def _tokens(text: str, words: list[Word], vocabulary: Vocabulary) -> Iterator[Token]:
    spoken = [word.text for word in words]
    at = 0
    while at < len(words):
        kind, size, amount = _kind(spoken, at, vocabulary)
        start, end = words[at].start, words[at + size - 1].end
        said = show(text[start:end])
        at += size
        if amount is not None:
            value = Amount(kind=amount.kind, value=amount.value, said=said)
            yield Token(amount.kind, value, start)
        elif kind in ("ONCE", "TWICE", "FOREVER"):
            times = {"ONCE": 1.0, "TWICE": 2.0}.get(kind, float("inf"))
            yield Token("TIMES", Amount(kind="TIMES", value=times, said=said), start)
        elif kind == "MORE":
            yield Token("MORE", Amount(kind="MORE", value=1.0, said=said), start)
        elif kind != "FILLER":
            yield Token(kind, said, start)


def _kind(
    spoken: list[str], at: int, vocabulary: Vocabulary
) -> tuple[str, int, Amount | None]:
    """Return the terminal that begins at a word, its size, and its amount."""
    size = _phrase_size(spoken, at, vocabulary)
    if size > 1:
        return "NAME", size, None
    amount = read_amount(spoken, at)
    if amount is not None:
        return amount[0].kind, amount[1], amount[0]
    if spoken[at] in ARTICLES:
        return "FILLER", 1, None
    kind, count = _phrase(spoken, at)
    if count:
        return kind, count, None
    if vocabulary.skills and spoken[at] in vocabulary.skills.keys() - SAYABLE:
        return "SKILL", 1, None
    return ("NAME" if size else "UNKNOWN"), 1, None


SAYABLE = frozenset(verb.skill for verb in VERBS.values())
"""Skills that have verbs of their own."""


def _phrase(spoken: list[str], at: int) -> tuple[str, int]:
    """Return the longest known phrase from a word, articles within it left out."""
    best, said = ("", 0), ""
    for end in range(at, min(at + _LONGEST + 2, len(spoken))):
        if spoken[end] not in ARTICLES:
            said = f"{said} {spoken[end]}".strip()
            if said in _PHRASES:
                best = (_PHRASES[said], end + 1 - at)
    return best


def _phrase_size(spoken: list[str], at: int, vocabulary: Vocabulary) -> int:
    """Return how many words from `at` name a thing, the longest first, or 0."""
    for size in range(min(vocabulary.longest, len(spoken) - at), 0, -1):
        if " ".join(spoken[at : at + size]) in vocabulary.phrases:
            return size
    return 0


def show(said: str) -> str:
    """Return words fit for a message: one line, short, nothing that cannot be seen."""
    plain = " ".join(said.split())
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in plain)
    return plain if len(plain) <= 40 else f"{plain[:37]}..."
