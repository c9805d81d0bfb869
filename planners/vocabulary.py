"""The words a sentence may use: commands, and the things in the scene."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lark import Token

from configs.schema import SceneConfig
from sim2real.robot import ObjectState


class LanguageError(ValueError):
    """A sentence that is not understood; the message is one line for a person."""


class Verb(NamedTuple):
    """One command: the words that begin it, and how to say it."""

    words: tuple[str, ...]
    form: str


VERBS: Mapping[str, Verb] = {
    "WALK": Verb(("walk", "go"), "walk to X"),
    "GRASP": Verb(("grasp", "grab", "take"), "grasp X"),
    "PICK": Verb(("pick",), "pick up X"),
    "PLACE": Verb(("place", "put"), "place X on Y"),
    "CARRY": Verb(("carry", "bring"), "carry X to Y"),
    "STAND": Verb(("stand", "balance", "wait"), "stand for N seconds"),
}

LINKS: Mapping[str, tuple[str, ...]] = {
    "_AND": ("and",),
    "_THEN": ("then",),
    "_COMMA": (",", ";", ".", "!"),
    "_TO": ("to",),
    "_ON": ("on", "onto", "upon"),
    "_FROM": ("from", "off"),
    "_FOR": ("for",),
    "_SECONDS": ("seconds", "second", "s"),
    "_UP": ("up",),
    "_DOWN": ("down",),
    "_WITH": ("with", "using"),
    "_HAND": ("hand",),
    "SIDE": ("left", "right"),
    "IT": ("it",),
    "THERE": ("there",),
}

FILLERS = frozenset(
    ("the", "a", "an", "your", "please", "kindly", "now", "over", "back", "still")
)
NUMBERS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}

WORDS_OF: Mapping[str, tuple[str, ...]] = {
    **{terminal: verb.words for terminal, verb in VERBS.items()},
    **LINKS,
}
"""Spoken words by grammar terminal."""

TERMINAL_OF = {word: terminal for terminal, words in WORDS_OF.items() for word in words}
RESERVED = TERMINAL_OF.keys() | FILLERS | NUMBERS.keys()

# A number may touch its unit ("3s"); a name may hold digits and hyphens ("cup-2").
_WORD = re.compile(r"\d+(?:\.\d+)?(?=s?\b)|\w[\w-]*|\S")


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The things a sentence may name."""

    kinds: Mapping[str, str]  # kind by object name
    fixed: frozenset[str]  # names of what cannot be grasped

    @classmethod
    def of_objects(cls, objects: Mapping[str, ObjectState]) -> Vocabulary:
        """Return the words for what perception knows."""
        return cls(
            kinds={name: thing.kind for name, thing in objects.items()},
            fixed=frozenset(n for n, thing in objects.items() if not thing.movable),
        )

    @classmethod
    def of_scene(cls, scene: SceneConfig) -> Vocabulary:
        """Return the words for a scene file; what has no mass is fixed."""
        return cls(
            kinds={thing.name: thing.kind for thing in scene.objects},
            fixed=frozenset(t.name for t in scene.objects if t.mass is None),
        )

    @property
    def movable(self) -> tuple[str, ...]:
        """Names of what can be grasped, sorted."""
        return tuple(sorted(self.kinds.keys() - self.fixed))

    @cached_property
    def phrases(self) -> Mapping[str, tuple[str, ...]]:
        """Object names by what may be said for them.

        "red_cup" is also "red cup"; a kind stands for every object of that kind.
        """
        phrases: dict[str, tuple[str, ...]] = {}
        for kind in sorted(set(self.kinds.values())):
            phrases[kind] = tuple(sorted(n for n, k in self.kinds.items() if k == kind))
        for name in self.kinds:
            spoken = name.lower().replace("_", " ")
            # "box_on_table" must not swallow the "on" of another sentence.
            if RESERVED.isdisjoint(spoken.split()):
                phrases[spoken] = (name,)
            phrases[name.lower()] = (name,)
        return phrases

    def tokens(self, text: str) -> Iterator[Token]:
        """Yield the words that carry meaning, typed by grammar terminal.

        NAME is a thing, NUMBER a number, UNKNOWN anything else. Fillers such as
        "please" are left out. `start_pos` counts characters from 0.
        """
        found = list(_WORD.finditer(text))
        longest = max((len(p.split()) for p in self.phrases), default=1)
        at = 0
        while at < len(found):
            word = found[at].group().lower()
            start = found[at].start()
            size = 1 if word in RESERVED else self._phrase_size(found, at, longest)
            said = text[start : found[at + max(size, 1) - 1].end()]
            if word in TERMINAL_OF:
                yield Token(TERMINAL_OF[word], said, start)
            elif word in NUMBERS or word.replace(".", "", 1).isdecimal():
                yield Token("NUMBER", NUMBERS.get(word, word), start)
            elif word not in FILLERS:
                yield Token("NAME" if size else "UNKNOWN", said, start)
            at += max(size, 1)

    def _phrase_size(self, found: list[re.Match[str]], at: int, longest: int) -> int:
        """Return how many words from `at` name a thing, the longest first, or 0."""
        for size in range(min(longest, len(found) - at), 0, -1):
            words = (match.group().lower() for match in found[at : at + size])
            if " ".join(words) in self.phrases:
                return size
        return 0
