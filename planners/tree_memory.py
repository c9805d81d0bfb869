"""Remember what the nodes of a tree said last, and who stands beside whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planners.trace import GONE, Change

SKILLS = ("RunSkill",)  # kinds that are skills also when they fail at once
CONDITIONS = ("Holds", "AlreadyDone")  # kinds that are none also when they wait


class TreeMemory:
    """One tree, as far as its changes tell.

    Nothing here knows how a tree is built. A leaf that runs is a skill, other leaves
    are conditions.
    """

    def __init__(self) -> None:
        """Begin before the first tick."""
        self.now: dict[str, Change] = {}
        self._parents: set[str] = set()
        self._known: set[str] = set()
        self._skills: set[str] = set()  # leaves that ran at least once
        self._answers: dict[str, Change] = {}  # of conditions, while they count

    def take(self, changes: Iterable[Change]) -> None:
        """Remember what is new."""
        new = {change.id: change for change in changes}
        self.now.update(new)
        if not new.keys() <= self._known:
            self._find_parents()
        for place, change in new.items():
            if place in self._parents:
                if change.status in ("invalid", GONE):
                    self._forget_below(place)
                continue
            if change.status == "running" and change.kind not in CONDITIONS:
                self._skills.add(place)
            if change.status not in ("invalid", GONE) and not self.is_skill(change):
                self._answers[place] = change

    def drop(self, changes: Iterable[Change]) -> None:
        """Forget the nodes that left the tree."""
        gone = [change.id for change in changes if change.status == GONE]
        for place in gone:
            self.now.pop(place, None)
            self._answers.pop(place, None)
        if gone:
            self._find_parents()

    def is_leaf(self, place: str) -> bool:
        """Whether nothing is below."""
        return place not in self._parents

    def is_skill(self, leaf: Change) -> bool:
        """Whether a leaf runs something rather than looks."""
        if leaf.kind in CONDITIONS:
            return False
        return leaf.kind in SKILLS or leaf.id in self._skills

    def has_skills(self, place: str) -> bool:
        """Whether something below could be run."""
        return any(
            one.startswith(f"{place}.") and self.is_leaf(one) and self.is_skill(change)
            for one, change in self.now.items()
        )

    def has_own_skill(self, place: str) -> bool:
        """Whether a skill is a child of this node."""
        return any(
            one.rpartition(".")[0] == place
            and self.is_leaf(one)
            and self.is_skill(leaf)
            for one, leaf in self.now.items()
        )

    def beside(self, place: str) -> Iterator[Change]:
        """Yield the answers of conditions on the way to a leaf, the nearest first.

        They count as long as their parent is not left, also where py_trees has put
        their status back.
        """
        for parent in reversed(above(place)):
            mine = int(place[len(parent) + 1 :].partition(".")[0])
            for index in range(mine - 1, -1, -1):
                answer = self._answers.get(f"{parent}.{index}")
                if answer is not None:
                    yield answer

    def _find_parents(self) -> None:
        self._known = set(self.now)
        self._parents = {parent for place in self._known for parent in above(place)}

    def _forget_below(self, place: str) -> None:
        for one in [one for one in self._answers if one.startswith(f"{place}.")]:
            if self.now[one].status in ("invalid", GONE):
                del self._answers[one]


def above(place: str) -> list[str]:
    """Return the places of all parents, the root first."""
    parts = place.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]
