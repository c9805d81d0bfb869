"""A scripted world: facts and time are set by hand, skills only leave a log."""

from __future__ import annotations

import numpy as np
import pytest

from planners.planner import Planner, TaskStatus
from planners.recovery import Budget
from planners.task import Step, Task
from planners.vocabulary import Vocabulary
from sim2real.robot import ObjectState, RobotState
from skills.contract import (
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    Snapshot,
)


def robot_state(time: float) -> RobotState:
    """A robot of two joints, standing still."""
    return RobotState(
        time=time,
        joint_pos=np.zeros(2),
        joint_vel=np.zeros(2),
        joint_effort=np.zeros(2),
        base_pos_w=np.array([0.0, 0.0, 0.8]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def thing(name: str, kind: str, movable: bool) -> ObjectState:
    """An object at the origin; where it is does not matter here."""
    return ObjectState(
        name=name,
        kind=kind,
        pos_w=np.zeros(3),
        quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        lin_vel_w=np.zeros(3),
        half_size=np.full(3, 0.05),
        movable=movable,
    )


class World:
    """Implements RunnerPort. `facts` names the conditions that hold now."""

    def __init__(self) -> None:
        self.time = 0.0
        self.facts = {"upright", "reachable(cup)", "seen(cup)"}
        self.log: list[str] = []
        self.running: set[str] = set()
        self.faults: dict[str, tuple[Failure, str]] = {}
        self.objects = {
            "table": thing("table", "table", movable=False),
            "shelf": thing("shelf", "shelf", movable=False),
            "cup": thing("cup", "cup", movable=True),
        }

    def snapshot(self) -> Snapshot:
        return Snapshot(state=robot_state(self.time), objects=self.objects)

    def fact(self, name: str, failure: Failure = Failure.TIMEOUT) -> Condition:
        def check(snapshot: Snapshot) -> Check:
            holds = name in self.facts
            return Check(holds=holds, reason=f"measured {'yes' if holds else 'no'}")

        return Condition(name=name, check=check, failure=failure)

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        args = goal.args
        for key in ("target", "object", "reach", "carrying"):
            if key in args and args[key] not in snapshot.objects:
                raise GoalError(f"there is no {args[key]} here")
        pre: list[Condition] = []
        hold = [self.fact("upright", Failure.UNSTABLE)]
        if goal.skill == "walk":
            post = self.fact(f"at({args['target']})")
            if "carrying" in args:
                holding = self.fact(f"holding({args['carrying']})", Failure.DROPPED)
                pre, hold = [holding], [*hold, holding]
        elif goal.skill == "grasp":
            name = args["object"]
            pre = [self.fact(f"reachable({name})", Failure.OUT_OF_REACH)]
            hold.append(self.fact(f"seen({name})", Failure.OBJECT_LOST))
            post = self.fact(f"holding({name})", Failure.DROPPED)
        elif goal.skill == "manipulate":
            pre = [self.fact(f"holding({args['object']})", Failure.DROPPED)]
            post = self.fact(f"on({args['object']}, {args['target']})")
        elif goal.skill == "balance":
            until = snapshot.time + float(args["duration_s"])
            post = Condition(
                name=f"stood({args['duration_s']:g} s)",
                check=lambda now: Check(
                    holds=now.time >= until, reason=f"{until - now.time:.1f} s to go"
                ),
            )
        else:
            raise GoalError(f"there is no skill {goal.skill}")
        posts = () if args.get("promise") == "none" else (post,)
        return Contract(
            goal=goal,
            joints=("left_hip_pitch_joint",),
            pre=tuple(pre),
            hold=tuple(hold),
            post=posts,
            timeout_s=20.0,
        )

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        self.log.append(f"start {Step(skill=goal.skill, args=goal.args)}")
        self.running.add(goal.skill)
        self.faults.pop(goal.skill, None)

    def stop(self, skill: str) -> None:
        self.log.append(f"stop {skill}")
        self.running.remove(skill)

    def fault(self, skill: str) -> tuple[Failure, str] | None:
        return self.faults.get(skill)


class Bench:
    """A planner in a scripted world, driven tick by tick."""

    def __init__(self, steps: tuple[Step, ...], budget: Budget | None = None) -> None:
        self.world = World()
        self.task = Task(text="the task", steps=steps)
        self.planner = Planner(self.task, self.world, self.world.snapshot(), budget)

    def tick(
        self, *now_true: str, after: float = 1.0, no_longer: tuple[str, ...] = ()
    ) -> TaskStatus:
        """Change facts, let `after` seconds pass, and tick once."""
        self.world.time += after
        self.world.facts |= set(now_true)
        self.world.facts -= set(no_longer)
        return self.planner.tick(self.world.snapshot())


WALK = Step(skill="walk", args={"target": "table", "reach": "cup"})
GRASP = Step(skill="grasp", args={"object": "cup"})
CARRY = Step(skill="walk", args={"target": "shelf", "carrying": "cup"})
PLACE = Step(skill="manipulate", args={"object": "cup", "target": "shelf"})
STAND = Step(skill="balance", args={"duration_s": 3.0})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def fetch() -> Bench:
    """Walk to the table, grasp the cup."""
    return Bench((WALK, GRASP))


@pytest.fixture
def deliver() -> Bench:
    """Fetch the cup, carry it to the shelf, place it there."""
    return Bench((WALK, GRASP, CARRY, PLACE))


@pytest.fixture
def bench() -> type[Bench]:
    """For tests that choose their own steps or budget."""
    return Bench


@pytest.fixture
def steps() -> dict[str, Step]:
    """The steps by a short name."""
    return {
        "walk": WALK,
        "grasp": GRASP,
        "carry": CARRY,
        "place": PLACE,
        "stand": STAND,
    }


@pytest.fixture
def kitchen() -> Vocabulary:
    """A table, a shelf, a cup, and two boxes."""
    return Vocabulary(
        kinds={
            "table": "table",
            "shelf": "shelf",
            "cup": "cup",
            "red_box": "box",
            "blue_box": "box",
        },
        fixed=frozenset({"table", "shelf"}),
    )
