"""One step of a task: its back-chained tree, and what is tried when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import pi

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite, Selector, Sequence

from planners.backchain import SIDED, BackChainer
from planners.behaviours import Failed, RunnerPort, RunSkill
from planners.conditions import Holds, Now, unmet
from planners.recovery import Cure, GiveUp, Recovery, Remedy, recoverable
from planners.task import Achieve, Step
from skills.contract import Condition, Failure, GoalError, Predicate

STEP_BACK = Step(skill="walk", args={"forward": -0.3})  # [m]
LOOK_ASIDE = Step(skill="walk", args={"turn": pi / 4})  # [rad]
LOOKS = 7  # and the eighth would be where it began
WAIT = Step(skill="balance", args={"duration_s": 1.0})
WAITS = 10  # seconds for which the robot asks


class StepNode(Composite):
    """Carries out one step, with remedies, until its promise holds or none is left.

    Its children are the step's tree and, while one is tried, a remedy before it. A
    remedy begins on the tick after the failure, so that the world is looked at again.

    Attributes:
        item: the step or goal.
        failed: why it failed for good, if it did.
        cured: what is being done about the last failure, in words.
        completed: how often it ended well.
    """

    def __init__(
        self,
        item: Step | Achieve,
        index: int,
        runner: RunnerPort,
        chainer: BackChainer,
        recovery: Recovery,
        now: Now,
    ) -> None:
        """Build the tree.

        Raises:
            GoalError: if the step cannot be carried out in this world.
        """
        self._plan = chainer.build(item)
        super().__init__(f"step {index + 1}: {item}", [self._plan])
        self.item = item
        self.index = index
        self.failed: Failed | None = None
        self.cured = ""
        self.completed = 0  # how often it ended well
        self._incomplete = chainer.incomplete
        self._runner = runner
        self._chainer = chainer
        self._recovery = recovery
        self._now = now
        self._remedy: Behaviour | None = None
        self._watched: tuple[Condition, ...] = ()

    def tick(self) -> Iterator[Behaviour]:
        """Tick the remedy if there is one, else the step's tree."""
        if self.status != Status.RUNNING:
            self.failed, self.cured = None, ""
            self._watched = self._promise()
            if self._incomplete:  # what was not seen may have come into sight since
                self._rebuild()
        if self._given():
            yield from self._end(Status.SUCCESS, "it was done by somebody else")
            return
        if self._remedy is not None:
            yield from self._tick(self._remedy)
            if self._remedy.status == Status.RUNNING:
                self.status = Status.RUNNING
                yield self
                return
            failed = _fatal(self._remedy)
            self._drop_remedy()
            if failed is not None:
                yield from self._fail(failed, "it happened during a recovery")
                return
            if self._incomplete:
                self._rebuild()
        yield from self._tick(self._plan)
        if self._plan.status == Status.RUNNING:
            self.feedback_message = self.cured
            self.status = Status.RUNNING
            yield self
        elif self._plan.status == Status.SUCCESS:
            yield from self._end(Status.SUCCESS, "")
        else:
            yield from self._recover(self._reason())

    def reopen(self, failed: Failed) -> bool:
        """Try again after the step's promise was broken later; False if over budget."""
        answer = self._answer(failed)
        if isinstance(answer, GiveUp):
            self.failed = replace(failed, reason=f"{failed.reason}; {answer.text}")
            return False
        self.cured = self.feedback_message = f"{failed.reason}; {answer.text}"
        return True

    def undoes(self, predicate: Predicate) -> bool:
        """Whether carrying the step out may make a predicate false."""
        skills = (n for n in self._plan.iterate() if isinstance(n, RunSkill))
        return any(self._runner.breaks(n.step.goal, predicate) for n in skills)

    @property
    def remedy(self) -> str:
        """The recovery that is under way, in words; empty if there is none."""
        return "" if self._remedy is None else self._remedy.name

    @property
    def promise(self) -> tuple[Condition, ...]:
        """The conditions that were last seen to hold when the step ended well."""
        tip = self._plan.tip()
        if isinstance(tip, RunSkill):
            return tip.promise
        return tip.conditions if isinstance(tip, Holds) else ()

    # --- parts ----------------------------------------------------------------------

    def _tick(self, child: Behaviour) -> Iterator[Behaviour]:
        self.current_child = child
        yield from child.tick()

    def _end(self, status: Status, message: str) -> Iterator[Behaviour]:
        self._drop_remedy()
        self.feedback_message = message
        if self._plan.status == Status.RUNNING:
            self._plan.stop(Status.INVALID)
        self.completed += status == Status.SUCCESS
        self.stop(status)
        yield self

    def _fail(self, failed: Failed, why: str) -> Iterator[Behaviour]:
        self.failed = replace(failed, reason=f"{failed.reason}; {why}")
        yield from self._end(Status.FAILURE, self.failed.reason)

    def _recover(self, failed: Failed) -> Iterator[Behaviour]:
        answer = self._answer(failed)
        if isinstance(answer, GiveUp):
            yield from self._fail(failed, answer.text)
            return
        self.cured = self.feedback_message = f"{failed.reason}; {answer.text}"
        if answer.remedy is Remedy.OTHER_HAND:
            self._use_other_hand(failed)
        if self._incomplete or answer.remedy is Remedy.OTHER_HAND:
            self._rebuild()
        self._remedy = self._cure(answer.remedy, failed)
        if self._remedy is not None:
            self.prepend_child(self._remedy)
        self.status = Status.RUNNING
        yield self

    def _answer(self, failed: Failed) -> Cure | GiveUp:
        free = self._hand_of(failed) is not None and not self._hand_was_asked(failed)
        return self._recovery.after(self.index, self.item, failed, other_hand=free)

    def _reason(self) -> Failed:
        return _blame(self._plan) or Failed(
            failure=Failure.CONTRACT, reason=f"{self.item} failed without a reason"
        )

    def _drop_remedy(self) -> None:
        if self._remedy is None:
            return
        if self._remedy.status == Status.RUNNING:
            self._remedy.stop(Status.INVALID)
        self.remove_child(self._remedy)
        self._remedy = None

    def _rebuild(self) -> None:
        try:
            plan = self._chainer.build(self.item)
        except GoalError:
            return  # the old tree meets the same error where it matters, and tells it
        self._incomplete = self._chainer.incomplete
        self.replace_child(self._plan, plan)
        self._plan = plan

    def _cure(self, remedy: Remedy, failed: Failed) -> Behaviour | None:
        name = f"recovery: {remedy.value}"
        if remedy is Remedy.REAPPROACH:
            return Sequence(name, memory=True, children=[self._run(STEP_BACK)])
        if remedy is Remedy.SEARCH:
            return self._until_cured(failed, LOOK_ASIDE, LOOKS, name)
        if remedy is Remedy.ASK:
            return self._until_cured(failed, WAIT, WAITS, name)
        return None

    def _until_cured(
        self, failed: Failed, step: Step, times: int, name: str
    ) -> Behaviour:
        """Return a tree that carries a step out again and again until all is well."""
        about, asked = failed.about, failed.asked
        steps = [self._run(step) for _ in range(times)]
        if about is None:  # nothing to be seen meanwhile
            return Sequence(name, memory=True, children=[*steps])

        def ask() -> tuple[Condition, ...]:
            # Some conditions belong to one skill; nobody else knows their names.
            return (self._runner.question(about) if asked is None else asked,)

        tries = [
            Selector(
                f"{number} of {times}",
                memory=True,
                children=[Holds(str(about), ask, self._now), run],
            )
            for number, run in enumerate(steps, start=1)
        ]
        return Sequence(name, memory=True, children=tries)

    def _run(self, step: Step) -> RunSkill:
        return RunSkill(step, self._runner, self._now)

    # --- somebody else did it ---------------------------------------------------------

    def _promise(self) -> tuple[Condition, ...]:
        """Return what ends this step early when it comes true by other hands."""
        if not isinstance(self.item, Step) or self.item.skill != "manipulate":
            return ()
        try:
            goal = self.item.goal
            return self._runner.contract(goal, self._now.snapshot).post
        except GoalError:
            return ()

    def _given(self) -> bool:
        if not self._watched or self.status != Status.RUNNING:
            return False
        tip = self.tip()
        # A leaf that waits for what holds to last ends well by itself.
        own = isinstance(tip, Holds) or (
            isinstance(tip, RunSkill) and tip.step == self.item
        )
        return not unmet(self._watched, self._now.snapshot) and not own

    # --- hands ------------------------------------------------------------------------

    def _hand_of(self, failed: Failed) -> str | None:
        """Return the side whose hand the failed step used, if the robot has two."""
        if failed.step is None or failed.step.skill != "grasp":
            return None
        try:
            goal = failed.step.goal
            joints = self._runner.contract(goal, self._now.snapshot).joints
        except GoalError:
            return None
        arm = joints[0] if joints else ""
        return next((s for s in ("left", "right") if arm.startswith(s)), None)

    def _hand_was_asked(self, failed: Failed) -> bool:
        return isinstance(self.item, Step) and "side" in self.item.args

    def _use_other_hand(self, failed: Failed) -> None:
        assert failed.step is not None
        side = self._hand_of(failed)
        name = str(failed.step.args.get(SIDED["grasp"]))
        self._chainer.sides[name] = "left" if side == "right" else "right"


def _fatal(remedy: Behaviour) -> Failed | None:
    """Return why a remedy ends the whole task, if it does.

    One that makes no sense here, such as a step back into furniture, is left out.
    """
    failed, tip = _blame(remedy), remedy.tip()
    if remedy.status != Status.FAILURE or failed is None:
        return None
    begun = not isinstance(tip, RunSkill) or tip.begun
    if recoverable(failed.failure) or (
        failed.failure is Failure.CONTRACT and not begun
    ):
        return None
    return failed


def _blame(root: Behaviour) -> Failed | None:
    """Return why the leaf that failed last did."""
    tip = root.tip()
    if isinstance(tip, RunSkill):
        return tip.failed
    if isinstance(tip, Holds):
        return Failed(
            failure=tip.failure or Failure.CONTRACT,
            reason=f"{tip.name} {tip.feedback_message}",
            about=tip.about,
            asked=next((c for c in tip.conditions if c.predicate == tip.about), None),
        )
    return None
