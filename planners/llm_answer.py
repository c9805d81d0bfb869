"""Find the task in what a language model says, and trust none of it."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from configs.loader import ConfigError

MAX_CHARACTERS = 100_000  # of an answer
MAX_DEPTH = 64  # of brackets in brackets
MAX_VALUES = 5_000  # numbers, words, lists and mappings in all
MAX_WORD = 500  # characters of a key or a word
MAX_NUMBER = 10_000  # no measure of a task is larger, in whatever unit
MAX_STARTS = 20  # braces at which the object in a prose answer is looked for

# Not \s* before the line's end: on an answer of many empty lines it takes for ever.
_FENCED = re.compile(r"```(?:json)?[ \t]*\r?\n(.*?)```", re.DOTALL | re.IGNORECASE)
_THOUGHT = "</think>"  # ends what some models say to themselves


def find_object(text: str) -> dict[str, Any]:
    """Return the one JSON object in an answer.

    It is the whole answer, or the single fenced block in it, or the first object that
    is complete.

    Raises:
        ConfigError: if there is none.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"the answer is longer than {MAX_CHARACTERS} characters")
    text = text.rpartition(_THOUGHT)[2]
    fenced = _FENCED.findall(text)
    return _first_object(fenced[0] if len(fenced) == 1 else text)


def _first_object(text: str) -> dict[str, Any]:
    starts = [found.start() for found in re.finditer(r"\{", text)]
    for start in starts[:MAX_STARTS]:
        try:
            data, _ = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError:
            continue
        except RecursionError:
            raise ConfigError("the answer is nested too deep") from None
        assert isinstance(data, dict)  # it begins with a brace
        return data
    raise ConfigError("the answer holds no complete JSON object")


def check_values(data: object) -> None:
    """Refuse what no task file needs, before anything walks through it by recursion.

    Raises:
        ConfigError: if it is deep or long, or has words that must not be shown.
    """
    left = [(data, 1)]
    count = 0
    while left:
        value, depth = left.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise ConfigError("the answer is nested too deep")
        if count + len(left) > MAX_VALUES:
            raise ConfigError("the answer is too long; a task has a few items")
        if isinstance(value, dict):
            for key, entry in value.items():
                left += [(key, depth + 1), (entry, depth + 1)]
        elif isinstance(value, list):
            left += [(entry, depth + 1) for entry in value]
        elif isinstance(value, str):
            _check_word(value)


def _check_word(word: str) -> None:
    if len(word) > MAX_WORD:
        raise ConfigError(f"the answer holds a word longer than {MAX_WORD} characters")
    if not word.isprintable():
        raise ConfigError(f"the answer holds control characters, in {word!a}")


def _whole(digits: str) -> int:
    # Checked before they are read: thousands of digits take long.
    if len(digits) > 8 or abs(int(digits)) > MAX_NUMBER:
        _refuse_number(digits)
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not abs(number) <= MAX_NUMBER:
        _refuse_number(digits)
    return number


def _refuse_number(digits: str) -> NoReturn:
    raise ConfigError(
        f"the answer holds {digits:.20}; a number may be {MAX_NUMBER} at most"
    )


_DECODER = json.JSONDecoder(
    parse_int=_whole, parse_float=_real, parse_constant=_refuse_number
)
