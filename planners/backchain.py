"""From a goal to a tree: chain backwards through what skills need and promise.

A condition becomes "it holds already, or run the skill that serves it", and the
needs of that skill become conditions in front of it, as in PA-BT (Colledanchise,
Almeida, Oegren, "Towards Blended Reactive Planning and Acting using Behavior Trees",
ICRA 2019; https://arxiv.org/abs/1611.00230).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from py_trees.behaviour import Behaviour
from py_trees.composites import Selector
from py_trees.composites import Sequence as SequenceNode

from planners.behaviours import RunnerPort, RunSkill
from planners.conditions import Holds, Now, unmet_now
from planners.task import Achieve, Step
from skills.contract import Condition, Contract, Goal, GoalError, Predicate, UnseenError

Conditions = tuple[Condition, ...]
SIDED = {"grasp": "object", "walk": "reach"}  # skills that choose a hand, for what


@dataclass(frozen=True, kw_only=True)
class _Branch:
    """The tree for one condition, and the goals that its skills may carry out."""

    predicate: Predicate
    node: Behaviour
    goals: tuple[Goal, ...]


class BackChainer:
    """Builds trees for steps and goals in one world.

    Attributes:
        sides: hands to use for objects, where the operator did not name one.
        incomplete: whether something is not seen yet, so that the tree built last has
            to be built anew once it is.
    """

    def __init__(self, runner: RunnerPort, now: Now, known: frozenset[str]) -> None:
        """Take the skills.

        Args:
            runner: of the skills.
            now: the snapshot of each tick.
            known: names of objects that exist, whether they are seen or not.
        """
        self._runner = runner
        self._now = now
        self._known = known
        self.sides: dict[str, str] = {}
        self.incomplete = False

    def build(self, item: Step | Achieve) -> Behaviour:
        """Return the tree of a step, or of a goal.

        Raises:
            GoalError: naming what cannot be, or the condition that no skill can reach.
        """
        self.incomplete = False
        if isinstance(item, Achieve):
            return self._branch(item.predicate, None, ()).node
        goal = self._sided(item.goal)
        try:
            contract = self._runner.contract(goal, self._now.snapshot)
        except UnseenError as error:
            self._wait_for(error)
        else:
            if not contract.post:
                raise GoalError(
                    "promises nothing, so its success cannot be seen; give the skill "
                    "a post-condition"
                )

        def promise() -> Conditions:
            return self._runner.contract(goal, self._now.snapshot).post

        done = Holds(f"already done: {item}", promise, self._now, patient=True)
        run, _ = self._run(goal, ())
        return _either(str(item), done, run)

    def in_order(self, predicates: Sequence[Predicate]) -> tuple[Predicate, ...]:
        """Return goals in an order in which none undoes an earlier one.

        Raises:
            GoalError: naming two goals that undo each other.
        """
        branches = [self._branch(predicate, None, ()) for predicate in predicates]
        return tuple(branch.predicate for branch in self._ordered(branches))

    def _branch(
        self,
        predicate: Predicate,
        owner: Goal | None,
        above: tuple[Predicate, ...],
    ) -> _Branch:
        """Return the tree that makes a predicate true.

        Args:
            predicate: what must hold.
            owner: the goal that needs it; None if the operator asked for it.
            above: predicates that wait for this one, the farthest first.
        """
        if predicate in above:
            circle = " needs ".join(str(p) for p in (*above, predicate))
            raise GoalError(f"no way to {above[0]}: {circle}, which is a circle")
        if owner is None:
            self._runner.question(predicate)  # one nobody understands ends here
        holds = Holds(str(predicate), self._asking(predicate, owner), self._now)
        goal = self._runner.serves(predicate)
        if goal is None:
            if owner is None:
                self._must_hold(predicate)
            return _Branch(predicate=predicate, node=holds, goals=())
        if owner is not None and "side" in owner.args and goal.skill in SIDED:
            goal = Goal(
                skill=goal.skill, args={"side": owner.args["side"], **goal.args}
            )
        run, goals = self._run(self._sided(goal), (*above, predicate))
        return _Branch(
            predicate=predicate, node=_either(str(predicate), holds, run), goals=goals
        )

    def _run(
        self, goal: Goal, above: tuple[Predicate, ...]
    ) -> tuple[Behaviour, tuple[Goal, ...]]:
        """Return the tree that carries out a goal, its needs first."""
        step = Step(skill=goal.skill, args=goal.args)
        leaf = RunSkill(step, self._runner, self._now)
        branches, goals = [], [goal]
        for predicate in self._needs(goal):
            branch = self._branch(predicate, goal, above)
            branches.append(branch)
            goals += branch.goals
        if not branches:
            return leaf, tuple(goals)
        # What no skill can bring about is looked at before anything is begun.
        given = [branch.node for branch in branches if not branch.goals]
        made = self._ordered([branch for branch in branches if branch.goals])
        nodes = [*given, *(branch.node for branch in made), leaf]
        chain = SequenceNode(f"do {step}", memory=True, children=nodes)
        return chain, tuple(goals)

    def _needs(self, goal: Goal) -> list[Predicate]:
        try:
            contract = self._runner.contract(goal, self._now.snapshot)
        except UnseenError as error:
            self._wait_for(error)
            return [Predicate("visible", (error.name,))]
        needs: list[Predicate] = []
        for condition in contract.pre:
            need = condition.predicate
            # Every skill looks at `upright` by itself; the tree need not repeat it.
            if need is not None and need not in needs and need.name != "upright":
                needs.append(need)
        return needs

    def _ordered(self, branches: list[_Branch]) -> list[_Branch]:
        """Return branches so that no later one undoes what an earlier one made true."""
        left, order = list(branches), list[_Branch]()
        while left:
            kept = (
                b for b in left if not any(self._undoes(other, b) for other in left)
            )
            first = next(kept, None)
            if first is None:
                raise GoalError(self._conflict(left))
            order.append(first)
            left.remove(first)
        return order

    def _undoes(self, branch: _Branch, other: _Branch) -> bool:
        if branch is other:
            return False
        return any(self._runner.breaks(g, other.predicate) for g in branch.goals)

    def _conflict(self, branches: list[_Branch]) -> str:
        for a, b in combinations(branches, 2):
            if self._undoes(a, b) and self._undoes(b, a):
                return (
                    f"{a.predicate} and {b.predicate} cannot both be had: bringing "
                    "about either undoes the other"
                )
        names = ", ".join(str(branch.predicate) for branch in branches)
        return f"{names} cannot all be had: in any order one undoes another"

    def _asking(
        self, predicate: Predicate, owner: Goal | None
    ) -> Callable[[], Conditions]:
        def ask() -> Conditions:
            if owner is None or predicate.name == "visible":
                return (self._runner.question(predicate),)
            contract: Contract = self._runner.contract(owner, self._now.snapshot)
            needs = [c for c in contract.pre if c.predicate is not None]
            same = [c for c in needs if c.predicate == predicate]
            # Another hand may be the nearer one by now: then it is asked of that one.
            kin = [
                c for c in needs if c.predicate and c.predicate.name == predicate.name
            ]
            return tuple(same or kin)

        return ask

    def _must_hold(self, predicate: Predicate) -> None:
        if predicate.name == "visible" and predicate.args[0] in self._known:
            return  # it can be looked for
        question = self._runner.question(predicate)
        if unmet_now((question,), self._now.snapshot):
            raise GoalError(
                f"no skill can bring about {predicate}, and it does not hold now"
            )

    def _sided(self, goal: Goal) -> Goal:
        about = goal.args.get(SIDED.get(goal.skill, ""))
        side = self.sides.get(str(about))
        if side is None or "side" in goal.args:
            return goal
        return Goal(skill=goal.skill, args={**goal.args, "side": side})

    def _wait_for(self, error: UnseenError) -> None:
        if error.name not in self._known:
            raise error
        self.incomplete = True


def _either(name: str, first: Behaviour, second: Behaviour) -> Selector:
    return Selector(name, memory=True, children=[first, second])
