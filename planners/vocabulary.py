"""The words that a scene and its robot add: things that can be named, skills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from configs.schema import SceneConfig
from planners.sentences.words import ARTICLES, FILLERS, SEPARATORS, WORDS_OF
from sim2real.robot import ObjectState
from skills.contract import Argument


class LanguageError(ValueError):
    """A sentence that is not understood; the message is one line for a person."""


RESERVED: frozenset[str] = (
    frozenset(word for words in WORDS_OF.values() for word in words)
    | FILLERS
    | ARTICLES
    | frozenset(SEPARATORS)
)
"""Words that no thing can have for its only name."""

# In "left cup" and "back shelf" these belong to the name.
_ADJECTIVES = frozenset(("left", "right", "back", "second", "third", "slow", "fast"))


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The things a sentence may name, and the skills it may ask for."""

    kinds: Mapping[str, str]  # kind by object name
    fixed: frozenset[str]  # names of what cannot be grasped
    # Arguments by skill, as the registry has them; all that words know, if None.
    skills: Mapping[str, Sequence[Argument]] | None = None

    @classmethod
    def of_objects(
        cls,
        objects: Mapping[str, ObjectState],
        skills: Mapping[str, Sequence[Argument]] | None = None,
    ) -> Vocabulary:
        """Return the words for what perception knows."""
        return cls(
            kinds={name: thing.kind for name, thing in objects.items()},
            fixed=frozenset(n for n, thing in objects.items() if not thing.movable),
            skills=skills,
        )

    @classmethod
    def of_scene(
        cls,
        scene: SceneConfig,
        skills: Mapping[str, Sequence[Argument]] | None = None,
    ) -> Vocabulary:
        """Return the words for a scene file; what has no mass is fixed."""
        return cls(
            kinds={thing.name: thing.kind for thing in scene.objects},
            fixed=frozenset(t.name for t in scene.objects if t.mass is None),
            skills=skills,
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
            whole = name.lower()
            spoken = " ".join(whole.replace("_", " ").replace("-", " ").split())
            # "box_on_table" must not swallow the "on" of another sentence.
            if (RESERVED - _ADJECTIVES).isdisjoint(spoken.split()):
                phrases[spoken] = (name,)
            phrases[whole.replace("_", "-")] = (name,)
            phrases[whole] = (name,)
        return phrases

    @cached_property
    def longest(self) -> int:
        """How many words the longest phrase has."""
        return max((len(phrase.split()) for phrase in self.phrases), default=1)
