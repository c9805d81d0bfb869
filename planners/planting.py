"""Plant a task: every item becomes a part of one behaviour tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Selector
from py_trees.composites import Sequence as SequenceNode

from planners.backchain import BackChainer
from planners.behaviours import RunnerPort
from planners.conditions import Holds, Now
from planners.recovery import Recovery
from planners.sequence import ChoiceNode, RepeatNode
from planners.step_node import StepNode
from planners.task import Achieve, Item, Repeat, Step
from skills.contract import Condition, GoalError, Predicate


@dataclass(kw_only=True)
class Errand:
    """Steps with one purpose."""

    holds: Holds  # whether there is nothing to do
    last: StepNode
    _was: bool = False

    def spared(self) -> bool:
        """Whether it has just been found that there is nothing to do."""
        before, self._was = self._was, self.holds.status == Status.SUCCESS
        return self._was and not before


class Planter:
    """Builds the nodes of one task.

    Attributes:
        steps: every step's node, in the order in which the task is written.
        errands: steps that put an object somewhere, not taken if it is there.
    """

    def __init__(
        self,
        runner: RunnerPort,
        now: Now,
        recovery: Recovery,
        known: frozenset[str],
    ) -> None:
        """Take what the nodes need.

        Args:
            runner: of the skills.
            now: the snapshot of each tick.
            recovery: of the whole task.
            known: names of objects that exist, whether they are seen or not.
        """
        self.steps: list[StepNode] = []
        self.errands: list[Errand] = []
        self._runner = runner
        self._now = now
        self._recovery = recovery
        self._chainer = BackChainer(runner, now, known)

    def plant(self, items: Sequence[Item]) -> list[Behaviour]:
        """Return the nodes for some items, in order.

        Raises:
            GoalError: naming the step that cannot be carried out in this world.
        """
        return [node for group in _groups(items) for node in self._group(group)]

    def _group(self, group: list[Item]) -> Iterator[Behaviour]:
        if all(isinstance(item, Achieve) for item in group):
            wanted = {g.predicate: g for g in group if isinstance(g, Achieve)}
            for predicate in self._chainer.in_order(list(wanted)):
                yield self._step(wanted[predicate])
            return
        nodes = [self._node(item) for item in group]
        placed = _placed(group)
        if placed is None:
            yield from nodes
            return

        def there() -> tuple[Condition, ...]:
            return (self._runner.question(placed),)

        holds = Holds(f"already done: {placed}", there, self._now, patient=True)
        todo = SequenceNode(f"bring about {placed}", memory=True, children=nodes)
        self.errands.append(Errand(holds=holds, last=self.steps[-1]))
        yield Selector(str(placed), memory=True, children=[holds, todo])

    def _node(self, item: Item) -> Behaviour:
        if isinstance(item, Step | Achieve):
            return self._step(item)
        if isinstance(item, Repeat):
            body = SequenceNode(
                "one time", memory=True, children=self.plant(item.items)
            )
            return RepeatNode(str(item), body, item.times)
        condition = item.condition
        self._runner.question(condition)  # a question nobody understands ends here

        def ask() -> tuple[Condition, ...]:
            return (self._runner.question(condition),)

        return ChoiceNode(
            str(item),
            ask,
            self._now,
            then=self._body("then", item.items),
            otherwise=self._body("else", item.otherwise),
            negated=item.negated,
        )

    def _body(self, name: str, items: Sequence[Item]) -> Behaviour:
        return SequenceNode(name, memory=True, children=self.plant(items))

    def _step(self, item: Step | Achieve) -> StepNode:
        number = len(self.steps) + 1
        try:
            node = StepNode(
                item,
                number - 1,
                self._runner,
                self._chainer,
                self._recovery,
                self._now,
            )
        except GoalError as error:
            raise GoalError(f"step {number}, {item}: {error}") from None
        self.steps.append(node)
        return node


def _groups(items: Sequence[Item]) -> list[list[Item]]:
    """Split items into errands, runs of goals, and single items."""
    groups: list[list[Item]] = []
    at = 0
    while at < len(items):
        size = _errand(items[at:]) or _goals(items[at:]) or 1
        groups.append(list(items[at : at + size]))
        at += size
    return groups


def _goals(items: Sequence[Item]) -> int:
    """Return how many goals there are in a row: all of them are to hold at the end."""
    return next(
        (i for i, item in enumerate(items) if not isinstance(item, Achieve)), len(items)
    )


def _errand(items: Sequence[Item]) -> int:
    """Return how many steps fetch one object and put it somewhere; else 0.

    Such steps have no other purpose, so they are not taken if it is there already.
    """
    name: object = None
    for i, item in enumerate(items):
        if not isinstance(item, Step):
            return 0
        about = _about(item)
        if about is None or name not in (None, about):
            return 0
        name = about
        if item.skill == "manipulate":
            return i + 1 if i > 0 else 0
    return 0


def _about(step: Step) -> object:
    if step.skill == "walk":
        return step.args.get("carrying", step.args.get("reach"))
    return step.args.get("object")


def _placed(group: Sequence[Item]) -> Predicate | None:
    """Return what an errand brings about; None for other groups."""
    last = group[-1]
    if len(group) < 2 or not isinstance(last, Step) or last.skill != "manipulate":
        return None
    if last.args.keys() - {"object", "target", "side"}:  # a certain place on it
        return None
    return Predicate("on", (str(last.args["object"]), str(last.args["target"])))
