"""The steps of one stretch of a sentence while it is being understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lark import Token

from planners.sentences.context import position
from planners.sentences.ways import Args
from planners.task import If, Item, Repeat, Step
from planners.vocabulary import LanguageError, Vocabulary


class Script:
    """Collects items; a walk may still learn what it is for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Begin with nothing."""
        self.verb: Token | None = None  # of the command that is being understood
        self._vocabulary = vocabulary
        self._drafts: list[tuple[str, Args] | Item] = []

    @property
    def items(self) -> tuple[Item, ...]:
        """What was asked for so far."""
        return tuple(
            Step(skill=draft[0], args=draft[1]) if isinstance(draft, tuple) else draft
            for draft in self._drafts
        )

    def step(self, skill: str, args: Args) -> None:
        """Add a step; the same thing put in the same place twice is put once."""
        self._check_skill(skill, args)
        if skill == "manipulate" and self._drafts[-1:] == [(skill, args)]:
            return
        self._check_reached()
        self._drafts.append((skill, args))

    def add(self, items: Sequence[Item]) -> None:
        """Add finished items."""
        if items:
            self._check_reached()
        self._drafts.extend(items)

    def take_from(self, start: int) -> tuple[Item, ...]:
        """Take the items from an index on out of the script."""
        taken = self.items[start:]
        del self._drafts[start:]
        return taken

    def walk_before(self) -> Args | None:
        """Return the walk that ends where the next step begins, if there is one."""
        for draft in reversed(self._drafts):
            if not isinstance(draft, tuple):
                return None
            skill, args = draft
            if skill == "walk":
                return args if "target" in args else None
            if skill != "balance":
                return None
        return None

    def _check_skill(self, skill: str, args: Args) -> None:
        skills = self._vocabulary.skills
        if skills is None:
            return
        if skill not in skills:
            raise LanguageError(
                f"'{self.verb}' {position(self.verb)} needs the skill '{skill}', which "
                f"this robot lacks; it has {', '.join(skills) or 'none'}"
            )
        known = [argument.name for argument in skills[skill]]
        for name in args:
            if name not in known:
                raise LanguageError(
                    f"'{self.verb}' {position(self.verb)} needs the argument '{name}' "
                    f"of the skill '{skill}', which takes {', '.join(known) or 'none'}"
                )

    def _check_reached(self) -> None:
        if any(map(is_endless, self.items[-1:])):
            raise LanguageError(
                f"'{self.verb}' {position(self.verb)} would never happen: what comes "
                "before it goes on until told to stop"
            )


def is_endless(item: Item) -> bool:
    """Whether an item goes on until the operator stops it."""
    match item:
        case Step():
            return item.skill == "balance" and "duration_s" not in item.args
        case Repeat():
            return item.times is None or any(map(is_endless, item.items))
        case If():
            return any(map(is_endless, item.items)) and any(
                map(is_endless, item.otherwise)
            )
        case _:
            return False


def grasped(items: Sequence[Item]) -> Iterator[str]:
    """Yield every object that the items grasp."""
    for item in items:
        if isinstance(item, Step) and item.skill == "grasp":
            yield str(item.args["object"])
        elif isinstance(item, Repeat):
            yield from grasped(item.items)
        elif isinstance(item, If):
            yield from grasped(item.items)
            yield from grasped(item.otherwise)
