"""Carry out a task with one goal as a learned policy chooses; else the tree does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite

from planners.behaviours import RunnerPort, RunSkill
from planners.conditions import Now, tell, unmet_now
from planners.one_goal import one_goal
from planners.planner import Planner
from planners.recovery import Budget, recoverable
from planners.step_node import StepNode
from planners.task import Step, Task
from skills.contract import Condition, GoalError, Snapshot
from skills.selector.observation import MOST_SKILLS, History
from skills.selector.situation import facts_of
from skills.selector.words import SUCCESS, Subject

MOST_FAILURES = 2  # of one choice in one place; it is not made a third time


class Chooser(Protocol):
    """What has learned which skill to start next."""

    def knows(self, subject: Subject, facts: frozenset[str]) -> bool:
        """Whether anything like it was measured before the training."""

    def choose(self, subject: Subject, facts: frozenset[str], history: History) -> str:
        """Return the choice that it takes for the best."""


class LearnedPlanner(Planner):
    """A planner whose one step is carried out by a learned policy first.

    The policy chooses, one after the other, which skill to start; each is run by the
    leaf that the tree uses, with the same contracts. Success is only the evidence that
    the step's own tree goes by. That tree takes over, for good, where the policy
    proposes what cannot begin, repeats itself, or meets what nobody measured.
    """

    def __init__(
        self,
        task: Task,
        runner: RunnerPort,
        snapshot: Snapshot,
        budget: Budget | None = None,
        *,
        chooser: Chooser,
        known: frozenset[str] = frozenset(),
    ) -> None:
        """Check the goal against the world, then build policy node and tree.

        Args:
            task: what to do.
            runner: of the skills.
            snapshot: the world now.
            budget: of recoveries, for the tree, and of time.
            chooser: the learned policy.
            known: names of objects that exist, whether they are seen or not.

        Raises:
            GoalError: if the task has more than one goal, or cannot be carried out.
        """
        subject, item = one_goal(task)
        goal = Task(
            text=task.text,
            items=(item,),
            deadline_s=task.deadline_s,
            retries=task.retries,
        )
        super().__init__(goal, runner, snapshot, budget, known=known)
        step = self._plants.steps[0]
        self.chosen = ChosenSkills(step, subject, chooser, runner, self._now)
        self.root.replace_child(step, self.chosen)
        self.chosen.add_child(step)

    @property
    def handed_over(self) -> str:
        """Why the tree took over before the goal was reached; empty if it did not."""
        return self.chosen.handed_over

    def _promise(self) -> str:
        names = ", ".join(condition.name for condition in self.chosen.promise)
        return names or super()._promise()


class ChosenSkills(Composite):
    """Runs the skills that a policy chooses, until the tree looks or takes over.

    Its children are the skill that runs and the step's tree.

    Attributes:
        handed_over: why the tree took over before the goal was reached.
        promise: of the step, once a skill that was chosen has kept it.
    """

    def __init__(
        self,
        step: StepNode,
        subject: Subject,
        chooser: Chooser,
        runner: RunnerPort,
        now: Now,
    ) -> None:
        """Take the step, which becomes a child later, and what it is about."""
        super().__init__(f"learned: {subject.predicate}", [])
        self.handed_over = ""
        self.promise: tuple[Condition, ...] = ()
        self._step = step
        self._subject = subject
        self._chooser = chooser
        self._runner = runner
        self._now = now
        self._history = History()
        self._choice = ""
        self._leaf: RunSkill | None = None
        self._tree_has_it = False

    def tick(self) -> Iterator[Behaviour]:
        """Tick the skill that was chosen, or the tree."""
        if self.status != Status.RUNNING:
            self._begin()
        if self._leaf is not None and self._leaf.status != Status.RUNNING:
            self._leave()  # it was interrupted: the choice is made anew
        if self._leaf is None and not self._tree_has_it:
            self._decide()
        while not self._tree_has_it:
            assert self._leaf is not None
            yield from self._tick(self._leaf)
            if self._leaf.status == Status.RUNNING or not self._note():
                self.status = Status.RUNNING
                yield self
                return
            if self.promise:
                self._step.completed += 1
                self.feedback_message = (
                    f"{self._leaf.name} kept the promise of the step"
                )
                self.stop(Status.SUCCESS)
                yield self
                return
            self._decide()
        yield from self._tick(self._step)
        if self._step.status == Status.RUNNING:
            self.status = Status.RUNNING
        else:
            if self._step.status == Status.FAILURE:
                self.feedback_message = self._step.feedback_message
            self.stop(self._step.status)
        yield self

    def _tick(self, child: Behaviour) -> Iterator[Behaviour]:
        self.current_child = child
        yield from child.tick()

    def _begin(self) -> None:
        self.handed_over, self._tree_has_it, self.promise = "", False, ()
        self._history = History()
        self._leave()
        if self._step.status != Status.INVALID:
            self._step.stop(Status.INVALID)

    def _note(self) -> bool:
        """Remember how a skill ended; return whether to go on within this tick.

        After a failure the world is looked at again before the next choice.
        """
        assert self._leaf is not None
        failed = self._leaf.failed
        outcome = SUCCESS if failed is None else failed.failure.value
        if failed is None and self._leaf.step == self._step.item:
            # The very evidence that the tree would look for; it need not last twice.
            self.promise = self._leaf.promise
        self._history = self._history.then(self._choice, outcome)
        if failed is not None and not recoverable(failed.failure):
            self._hand_over(f"{failed.reason}, which is nothing to choose about")
            return True
        if failed is not None:
            self.feedback_message = f"{failed.reason}; choosing again"
            self._leave()
        return failed is None

    def _leave(self) -> None:
        """Take the skill that was chosen out of the tree."""
        if self._leaf is None:
            return
        if self._leaf.status == Status.RUNNING:
            self._leaf.stop(Status.INVALID)
        self.remove_child(self._leaf)
        self._leaf = None

    # --- the choice -----------------------------------------------------------------

    def _decide(self) -> None:
        """Choose the next skill, or leave it to the tree."""
        if self._tree_has_it:
            return
        facts = facts_of(self._subject, self._runner, self._now.snapshot)
        if self._subject.reached(facts):
            self._give_to_tree(f"{self._subject.predicate} seems so; the tree looks")
            return
        if not self._chooser.knows(self._subject, facts):
            so = ", ".join(sorted(facts)) or "nothing"
            self._hand_over(f"nobody measured what follows when so much is so: {so}")
            return
        choice = self._chooser.choose(self._subject, facts, self._history)
        objection = self._objection(choice)
        if objection is not None:
            self._hand_over(objection)
            return
        goal = self._subject.goal(choice)
        self._leave()
        self._choice = choice
        self._leaf = RunSkill(
            Step(skill=goal.skill, args=goal.args), self._runner, self._now
        )
        self.prepend_child(self._leaf)
        number = len(self._history.tried) + 1
        self.feedback_message = f"choice {number}: {choice}"

    def _objection(self, choice: str) -> str | None:
        """Return why a proposal is not carried out, or None."""
        if choice not in self._subject.choices:
            return f"it proposed to {choice}, which such a goal has no use for"
        if len(self._history.tried) >= MOST_SKILLS:
            return f"it started {MOST_SKILLS} skills without reaching the goal"
        failures = self._history.failures(choice)
        if failures >= MOST_FAILURES:
            return f"it proposed to {choice} after that failed {failures} times"
        goal = self._subject.goal(choice)
        try:
            contract = self._runner.contract(goal, self._now.snapshot)
        except GoalError as error:
            return f"it proposed to {choice}, but {error}"
        missing = unmet_now(contract.pre, self._now.snapshot)
        return f"it proposed to {choice}, but {tell(missing)}" if missing else None

    def _hand_over(self, why: str) -> None:
        self.handed_over = why
        self._give_to_tree(f"control goes to the tree: {why}")

    def _give_to_tree(self, message: str) -> None:
        self._leave()
        self._tree_has_it = True
        self.feedback_message = message
