"""The inner nodes of a task's tree: order, repetition, choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite

from planners.behaviours import Failed
from planners.conditions import Holds, Now
from planners.step_node import StepNode
from skills.contract import Condition

Broken = tuple[StepNode, Failed]  # a step whose promise no longer holds, and how


class RepeatNode(Composite):
    """Carries its child out several times, or until the task is stopped.

    Attributes:
        count: how often it was carried out so far.
    """

    def __init__(self, name: str, child: Behaviour, times: int | None) -> None:
        """Take the child, and how often it is carried out (None: for ever)."""
        super().__init__(name, [child])
        self.count = 0
        self.begin_with = 0  # times that were done before, when a task is resumed
        self._times = times

    @property
    def done_so_far(self) -> int:
        """How often the repetition that is under way was carried out; else 0."""
        over = self._times is not None and self.count >= self._times
        return 0 if over else self.count

    def begin_at(self, count: int) -> None:
        """Begin as if it had been carried out so often already."""
        self.count = self.begin_with = count

    def tick(self) -> Iterator[Behaviour]:
        """Tick the child; begin it anew on the tick after it succeeded."""
        child = self.children[0]
        if self.status != Status.RUNNING:
            self.count, self.begin_with = self.begin_with, 0
        self.current_child = child
        yield from child.tick()
        if child.status == Status.SUCCESS:
            self.count += 1
            if self._times is not None and self.count >= self._times:
                self.feedback_message = f"done {self.count} times"
                self.stop(Status.SUCCESS)
                yield self
                return
        elif child.status == Status.FAILURE:
            self.feedback_message = f"failed after {self.count} times"
            self.stop(Status.FAILURE)
            yield self
            return
        often = "" if self._times is None else f" of {self._times}"
        self.feedback_message = f"time {self.count + 1}{often}"
        self.status = Status.RUNNING
        yield self


class ChoiceNode(Composite):
    """Asks a question once, when it is entered, and goes one of two ways."""

    def __init__(
        self,
        name: str,
        question: Callable[[], tuple[Condition, ...]],
        now: Now,
        *,
        then: Behaviour,
        otherwise: Behaviour,
        negated: bool,
    ) -> None:
        """Take the question and the two ways; `negated` exchanges them."""
        self._asked = Holds(f"{name}?", question, now)
        self._ways = (otherwise, then) if negated else (then, otherwise)
        super().__init__(name, [self._asked, then, otherwise])
        self._chosen: Behaviour | None = None

    def tick(self) -> Iterator[Behaviour]:
        """Ask, then tick the way that was chosen."""
        if self.status != Status.RUNNING or self._chosen is None:
            for child in self.children:
                child.stop(Status.INVALID)
            yield from self._asked.tick()
            holds = self._asked.status == Status.SUCCESS
            self._chosen = self._ways[0 if holds else 1]
            self.feedback_message = self._asked.feedback_message
        self.current_child = self._chosen
        yield from self._chosen.tick()
        if self._chosen.status == Status.RUNNING:
            self.status = Status.RUNNING
        else:
            self.stop(self._chosen.status)
        yield self


class TaskNode(Composite):
    """The root: items in order. At the end it looks whether all of it still holds.

    Attributes:
        failed: why the task failed, if it did.
    """

    def __init__(
        self, name: str, items: Sequence[Behaviour], broken: Callable[[], Broken | None]
    ) -> None:
        """Take the items, and who says at the end which promise was broken since."""
        super().__init__(name, items)
        self.failed: Failed | None = None
        self.index = 0
        self.begin_with = 0  # index of the first item, when a task is resumed
        self._broken = broken

    def begin_at(self, index: int) -> None:
        """Begin with a later item, when a task is resumed."""
        self.index = self.begin_with = index

    def tick(self) -> Iterator[Behaviour]:
        """Tick the current item, and the following ones as far as they succeed."""
        if self.status != Status.RUNNING:
            self._go_to(self.begin_with)
            self.begin_with, self.failed = 0, None
        while self.index < len(self.children):
            child = self.current_child = self.children[self.index]
            yield from child.tick()
            if child.status == Status.RUNNING:
                self.feedback_message = ""
                self.status = Status.RUNNING
                yield self
                return
            if child.status == Status.FAILURE:
                self.failed = failed_step(child)
                yield from self._end(Status.FAILURE)
                return
            self.index += 1
        self.index = len(self.children) - 1
        broken = self._broken()
        if broken is None:
            self.feedback_message = "every step is done"
            yield from self._end(Status.SUCCESS)
            return
        step, failed = broken
        if not step.reopen(failed):
            self.failed = step.failed
            yield from self._end(Status.FAILURE)
            return
        self._go_to(self._place_of(step))
        self.feedback_message = step.cured
        self.status = Status.RUNNING
        yield self

    def _end(self, status: Status) -> Iterator[Behaviour]:
        if self.failed is not None:
            self.feedback_message = self.failed.reason
        self.stop(status)
        yield self

    def _go_to(self, index: int) -> None:
        self.index = index
        for child in self.children[index:]:
            if child.status != Status.INVALID:
                child.stop(Status.INVALID)

    def _place_of(self, step: StepNode) -> int:
        return next(i for i, item in enumerate(self.children) if step in item.iterate())


def failed_step(root: Behaviour) -> Failed | None:
    """Return why the step that failed below a node did."""
    steps = [
        node
        for node in root.iterate()
        if isinstance(node, StepNode) and node.status == Status.FAILURE
    ]
    return steps[-1].failed if steps else None
