"""Decide who commands which joint, and put the whole robot's command together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from configs.schema import RobotConfig
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand
from skills.contract import (
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    JointTargets,
    Predicate,
    Skill,
    Snapshot,
)
from skills.handover import Handover
from skills.held_joints import HeldJoints
from skills.idle_hands import IdleHands
from skills.policy import Policy
from skills.predicates import Hands
from skills.questions import question

_Key = tuple[str, tuple[tuple[str, str | float], ...]]  # a skill and its arguments


class OwnershipError(GoalError):
    """Two skills want one joint; one line for a person."""


@dataclass(frozen=True, kw_only=True)
class _Active:
    """A skill that has joints now."""

    skill: Skill
    joint_map: JointMap  # its joints in the robot
    handover: Handover
    asked_for: bool  # by a goal; else it looks after joints that nobody claims


class Listener(Protocol):
    """Hears what a runner is told, without a say in it; for logs."""

    def started(self, goal: Goal) -> None:
        """A skill was asked to begin."""

    def stopped(self, skill: str) -> None:
        """A skill was asked to end."""

    def stepping(self, snapshot: Snapshot) -> None:
        """The policies of this tick run now; all that was heard comes before it."""


class SkillRunner:
    """Runs skills on the joints they claim; the fallback has its own when nobody does.

    A skill that raises or returns a number that is not finite loses its joints: the
    fallback comes back for its own, all others hold what they were told last. So a
    skill that trips while it takes over leaves the robot with whom it was before.
    """

    def __init__(
        self,
        robot: RobotConfig,
        skills: Mapping[str, Skill],
        fallback: str = "balance",
        *,
        handover_s: float = 0.3,
        settle_speed: float = 0.5,
    ) -> None:
        """Take the skills; none is started before the first `step` or `start`.

        Args:
            robot: whose joints these are.
            skills: by name.
            fallback: the skill that looks after its joints when nobody claims them.
            handover_s: time over which joints pass to a new owner [s].
            settle_speed: of joints on their way to the default pose that nobody has
                commanded yet [rad/s].

        Raises:
            ValueError: if the fallback is not among the skills.
        """
        if fallback not in skills:
            raise ValueError(
                f"the fallback skill '{fallback}' is not there "
                f"(known: {', '.join(skills) or 'none'}); add it or name another"
            )
        self._robot = robot
        self._skills = dict(skills)
        self._fallback = fallback
        self._handover_s = handover_s
        self._held = HeldJoints(robot, settle_speed)
        self._hands = Hands(robot)
        self._idle = IdleHands(robot, self._hands)
        self._active: dict[str, _Active] = {}
        self._faults: dict[str, tuple[Failure, str]] = {}
        # A tick asks for the same contract again and again.
        self._asked_at: Snapshot | None = None
        self._contracts: dict[_Key, Contract] = {}
        self.started = 0  # goals since the last reset
        # Why nobody looked after the fallback's joints in the last step, if so.
        self.unattended: str | None = None
        self.listener: Listener | None = None

    # --- what a planner asks for ----------------------------------------------------

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Return what a goal needs and promises.

        Raises:
            GoalError: if the skill is unknown or the goal makes no sense here.
        """
        if snapshot is not self._asked_at:
            self._contracts, self._asked_at = {}, snapshot
        key = goal.skill, tuple(goal.args.items())
        if key not in self._contracts:
            self._contracts[key] = self._find(goal.skill).contract(goal, snapshot)
        return self._contracts[key]

    def serves(self, predicate: Predicate) -> Goal | None:
        """Return the goal that makes a predicate true, or None if no skill can."""
        goals = (skill.serves(predicate) for skill in self._skills.values())
        return next((goal for goal in goals if goal is not None), None)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """Whether carrying out a goal may make a predicate false."""
        return self._find(goal.skill).breaks(goal, predicate)

    def question(self, predicate: Predicate) -> Condition:
        """Return the condition that a predicate names.

        Raises:
            GoalError: if there is no such predicate.
        """
        return question(predicate, self._hands)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Begin a skill; it takes its joints over from the fallback, or from nobody.

        A skill that cannot begin is not active afterwards and has a fault.

        Raises:
            GoalError: if the skill is unknown or the goal makes no sense here.
            OwnershipError: if another skill has one of its joints.
        """
        contract = self.contract(goal, snapshot)
        self._check_ownership(goal.skill, contract, snapshot)
        self._release(goal.skill)
        self._faults.pop(goal.skill, None)
        self.started += 1
        if self.listener is not None:
            self.listener.started(goal)
        try:
            self._begin(goal, contract, snapshot, asked_for=True)
        except GoalError:
            raise
        except Exception as error:
            self._fail(goal.skill, f"{goal.skill} failed to start: {_tell(error)}")

    def stop(self, skill: str) -> None:
        """End a skill if it runs; the fallback takes its own joints at the next step.

        Raises:
            GoalError: if there is no such skill.
        """
        self._find(skill)
        if self.listener is not None:
            self.listener.stopped(skill)
        self._release(skill)

    def trip(self, failure: Failure, text: str) -> None:
        """Note that something outside, such as the safety filter, stopped the robot.

        Every active skill has this fault until its next start; the first one is kept.
        """
        for name in self._active:
            self._faults.setdefault(name, (failure, text))

    def fault(self, skill: str) -> tuple[Failure, str] | None:
        """Return what went wrong with a skill since its last start, if anything."""
        return self._faults.get(skill)

    def active(self) -> tuple[str, ...]:
        """Return the names of the skills that have joints now, the fallback too."""
        return tuple(self._active)

    def reset(self) -> None:
        """Stop everything; the next step begins from the measured pose."""
        for name in self.active():
            self._release(name)
        self._faults.clear()
        self.started = 0
        self.unattended = None
        self._held.reset()
        self._idle.reset()

    def policies(self) -> dict[str, Policy]:
        """Return the policies of all skills, by skill and part: `grasp.left`."""
        return {
            name: policy
            for skill in self._skills.values()
            for name, policy in getattr(skill, "policies", {}).items()
        }

    # --- the tick -------------------------------------------------------------------

    def step(self, snapshot: Snapshot) -> JointCommand:
        """Return the command of all joints for this tick."""
        if self.listener is not None:
            self.listener.stepping(snapshot)
        self.unattended = None
        self._begin_fallback(snapshot)
        self._held.go_home(self._idle.go_home(snapshot))
        command = self._held.command(snapshot)
        pos, stiffness, damping = command.joint_pos, command.stiffness, command.damping
        claimed = np.zeros(len(pos), dtype=np.bool_)
        for name, active in list(self._active.items()):
            joints = active.joint_map
            targets = self._advance(name, active, snapshot)
            pos = joints.put(targets.joint_pos, into=pos)
            stiffness = joints.put(targets.stiffness, into=stiffness)
            damping = joints.put(targets.damping, into=damping)
            claimed[joints.index] = True
        command = JointCommand(joint_pos=pos, stiffness=stiffness, damping=damping)
        self._held.remember(command, claimed, snapshot.time)
        return command

    def _advance(self, name: str, active: _Active, snapshot: Snapshot) -> JointTargets:
        try:
            targets = _in_order(active.skill.step(snapshot), active.joint_map.part)
        except Exception as error:  # whatever a skill does, the others go on
            self._fail(name, f"{name} failed in its step: {_tell(error)}")
            return self._held.targets(active.joint_map, snapshot)
        return active.handover.blend(targets, snapshot.time)

    # --- who has what ---------------------------------------------------------------

    def _find(self, name: str) -> Skill:
        if name not in self._skills:
            raise GoalError(
                f"there is no skill '{name}' (known: {', '.join(self._skills)})"
            )
        return self._skills[name]

    def _check_ownership(
        self, name: str, contract: Contract, snapshot: Snapshot
    ) -> None:
        wanted = set(contract.joints)
        for owner, active in self._active.items():
            shared = [j for j in active.joint_map.part if j in wanted]
            if shared and active.asked_for and owner != name:
                raise OwnershipError(
                    f"{name} wants {shared[0]}, which {owner} has; stop {owner} first"
                )
        if name == self._fallback:
            return
        spare = self.contract(Goal(skill=self._fallback), snapshot).joints
        left = [j for j in spare if j not in wanted]
        if left and len(left) < len(spare):
            raise OwnershipError(
                f"{name} leaves {left[0]} to {self._fallback} but not all of its "
                "joints; a skill takes all of them or none"
            )

    def _begin_fallback(self, snapshot: Snapshot) -> None:
        name, goal = self._fallback, Goal(skill=self._fallback)
        if name in self._active:
            return
        try:
            contract = self.contract(goal, snapshot)
            wanted = set(contract.joints)
            if all(wanted.isdisjoint(a.joint_map.part) for a in self._active.values()):
                self._begin(goal, contract, snapshot, asked_for=False)
        except Exception as error:  # it is tried again at the next step
            self._fail(name, f"{name} failed to start: {_tell(error)}")

    def _begin(
        self, goal: Goal, contract: Contract, snapshot: Snapshot, *, asked_for: bool
    ) -> None:
        skill = self._skills[goal.skill]
        joints = JointMap(contract.joints, self._robot.joint_names)
        self._asked_at = None
        skill.start(goal, snapshot)
        fallback = self._active.get(self._fallback)
        if fallback is not None and set(fallback.joint_map.part) & set(joints.part):
            self._release(self._fallback)
        handover = Handover(
            begin=self._held.targets(joints, snapshot),
            start_time=snapshot.time,
            duration_s=self._handover_s,
        )
        self._active[goal.skill] = _Active(
            skill=skill, joint_map=joints, handover=handover, asked_for=asked_for
        )

    def _release(self, name: str) -> None:
        active = self._active.pop(name, None)
        if active is None:
            return
        self._asked_at = None  # what a skill promises may depend on what it does
        try:
            active.skill.stop()
        except Exception as error:
            self._faults.setdefault(
                name, (Failure.CONTRACT, f"{name} failed to stop: {_tell(error)}")
            )

    def _fail(self, name: str, text: str) -> None:
        self._faults[name] = (Failure.CONTRACT, text)
        if name == self._fallback:
            self.unattended = text
        self._release(name)


def _in_order(targets: JointTargets, joints: tuple[str, ...]) -> JointTargets:
    """Return finite targets for exactly these joints, in this order.

    Raises:
        ValueError: if there are others, or a number is not finite.
    """
    if set(targets.names) != set(joints):
        odd = sorted(set(targets.names) ^ set(joints))
        raise ValueError(f"its targets and its contract differ in {odd[0]}")
    order = JointMap(joints, targets.names)
    fields = {}
    for key in ("joint_pos", "stiffness", "damping"):
        values = getattr(targets, key)
        if values.shape != (len(joints),):
            raise ValueError(f"{key} has shape {values.shape} for {len(joints)} joints")
        fields[key] = order.take(values)
        finite = np.isfinite(fields[key])
        if not finite.all():
            raise ValueError(f"{key} of {joints[int(np.argmin(finite))]} is not finite")
    return JointTargets(names=joints, **fields)


def _tell(error: Exception) -> str:
    return f"{error} ({type(error).__name__})"
