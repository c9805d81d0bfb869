"""A scripted world: facts and time are set by hand, skills only leave a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from planners.planner import Planner, TaskState, TaskStatus
from planners.recovery import Budget
from planners.task import Achieve, Item, Step, Task
from planners.vocabulary import Vocabulary
from sim2real.robot import ObjectState, RobotState
from skills.contract import (
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    Predicate,
    Snapshot,
    UnseenError,
)
from skills.grasp import grasp_breaks, grasp_for
from skills.manipulate import manipulate_breaks, manipulate_for
from skills.predicate_names import PREDICATES
from skills.predicates import visible
from skills.walk_goal import breaks as walk_breaks
from skills.walk_goal import goal_for as walk_for

FAILURES = {
    "upright": Failure.UNSTABLE,
    "holding": Failure.DROPPED,
    "carried": Failure.DROPPED,
    "on": Failure.DROPPED,
    "at": Failure.OUT_OF_REACH,
    "in_reach": Failure.OUT_OF_REACH,
    "spot_in_reach": Failure.OUT_OF_REACH,
    "reachable": Failure.OUT_OF_REACH,
}
SAME = {"carried": "holding"}  # facts that are one in this world
ALL = frozenset({"table", "shelf", "cup"})


def robot_state(time: float, speed: float = 0.0) -> RobotState:
    """A robot of two joints, at the origin."""
    return RobotState(
        time=time,
        joint_pos=np.zeros(2),
        joint_vel=np.zeros(2),
        joint_effort=np.zeros(2),
        base_pos_w=np.array([0.0, 0.0, 0.8]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.array([speed, 0.0, 0.0]),
        base_ang_vel=np.zeros(3),
    )


def thing(name: str, kind: str, movable: bool, x: float = 0.0) -> ObjectState:
    """An object of 10 cm; furniture has its top at 0.7 m, the cup is above it."""
    half = np.full(3, 0.05) if movable else np.array([0.3, 0.5, 0.35])
    return ObjectState(
        name=name,
        kind=kind,
        pos_w=np.array([x, 0.0, 0.75 if movable else 0.35]),
        quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        lin_vel_w=np.zeros(3),
        half_size=half,
        movable=movable,
    )


class World:
    """Implements RunnerPort. `facts` names what holds now.

    Standing and walking by a distance need no facts: they take a time.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.speed = 0.0  # of the robot [m/s]
        self.facts = {"upright()", "reachable(cup)"}
        self.log: list[str] = []
        self.running: set[str] = set()
        self.faults: dict[str, tuple[Failure, str]] = {}
        self.refused: dict[str, GoalError] = {}  # starts, by skill
        self.objects = {
            "table": thing("table", "table", movable=False, x=1.0),
            "shelf": thing("shelf", "shelf", movable=False, x=-1.0),
            "cup": thing("cup", "cup", movable=True, x=1.0),
        }

    def snapshot(self) -> Snapshot:
        return Snapshot(
            state=robot_state(self.time, self.speed), objects=dict(self.objects)
        )

    def hide(self, name: str) -> ObjectState:
        """Take an object out of sight; it is returned, to be put back."""
        return self.objects.pop(name)

    # --- what skills need and promise -------------------------------------------------

    def fact(self, text: str, failure: Failure | None = None) -> Condition:
        predicate = Predicate.parse(text)
        name = SAME.get(predicate.name, predicate.name)
        fact = str(Predicate(name, predicate.args))

        def check(snapshot: Snapshot) -> Check:
            holds = fact in self.facts
            return Check(holds=holds, reason=f"measured {'yes' if holds else 'no'}")

        failure = failure or FAILURES.get(predicate.name, Failure.TIMEOUT)
        return Condition(name=text, check=check, failure=failure, predicate=predicate)

    def lasting(self, name: str, snapshot: Snapshot, duration: float) -> Condition:
        until = snapshot.time + duration

        def check(now: Snapshot) -> Check:
            left = until - now.time
            return Check(holds=left < 1e-9, reason=f"{left:.1f} s to go")

        return Condition(name=name, check=check)

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        args = goal.args
        for key in ("target", "object", "reach", "carrying"):
            if key in args and args[key] not in snapshot.objects:
                raise UnseenError(str(args[key]), f"there is no {args[key]} here")
        pre, hold, post = self.bound(goal, snapshot)
        upright = self.fact("upright()")
        side = args.get("side", "right")
        legs = goal.skill in ("walk", "balance")
        return Contract(
            goal=goal,
            joints=("left_hip_pitch_joint" if legs else f"{side}_elbow_joint",),
            pre=(upright, *pre),
            hold=(upright, *hold),
            post=() if args.get("promise") == "none" else tuple(post),
            timeout_s=20.0,
        )

    def bound(
        self, goal: Goal, snapshot: Snapshot
    ) -> tuple[list[Condition], list[Condition], list[Condition]]:
        """Return pre, hold and post of a goal."""
        args = goal.args
        name, target = args.get("object"), args.get("target")
        if goal.skill == "walk":
            carried = (
                [self.fact(f"carried({args['carrying']})")]
                if "carrying" in args
                else []
            )
            there = (
                self.lasting("moved", snapshot, 1.0)
                if target is None
                else self.fact(f"at({target})")
            )
            return carried, carried, [there]
        if goal.skill == "grasp":
            reach = f"{name}, {args['side']}" if "side" in args else name
            pre = [
                visible(str(name)),
                self.fact(f"reachable({name})"),
                self.fact(f"in_reach({reach})"),
            ]
            return pre, [visible(str(name))], [self.fact(f"holding({name})")]
        if goal.skill == "manipulate":
            pre = [
                self.fact(f"holding({name})"),
                self.fact(f"spot_in_reach({name}, {target})"),
            ]
            return pre, [], [self.fact(f"on({name}, {target})")]
        if goal.skill == "balance":
            duration = float(args["duration_s"])
            stood = self.lasting(f"stood({duration:g} s)", snapshot, duration)
            return [], [], [stood]
        raise GoalError(f"there is no skill {goal.skill}")

    def serves(self, predicate: Predicate) -> Goal | None:
        return grasp_for(predicate) or manipulate_for(predicate) or walk_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        ask = {
            "walk": walk_breaks,
            "grasp": grasp_breaks,
            "manipulate": manipulate_breaks,
        }
        return goal.skill in ask and ask[goal.skill](goal, predicate)

    def question(self, predicate: Predicate) -> Condition:
        if predicate.name not in PREDICATES:
            raise GoalError(f"there is no predicate '{predicate.name}'")
        if predicate.name == "visible":
            return visible(*predicate.args)
        return self.fact(str(predicate))

    # --- what is run ------------------------------------------------------------------

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        if goal.skill in self.refused:
            raise self.refused[goal.skill]
        assert goal.skill not in self.running, f"{goal.skill} was not stopped"
        self.log.append(f"start {Step(skill=goal.skill, args=goal.args)}")
        self.running.add(goal.skill)
        self.faults.pop(goal.skill, None)

    def stop(self, skill: str) -> None:
        self.log.append(f"stop {skill}")
        self.running.remove(skill)

    def fault(self, skill: str) -> tuple[Failure, str] | None:
        return self.faults.get(skill)


class Lamps(World):
    """Lamps in a row: each is switched on by `light`, which may put others out.

    Lamp z has no switch.

    Attributes:
        needs: the lamps that must be on before a lamp can be switched on.
        darkens: the lamps that go out when a lamp is switched on.
    """

    def __init__(self, needs: dict[str, str], darkens: dict[str, str]) -> None:
        super().__init__()
        self.needs, self.darkens = needs, darkens

    def bound(
        self, goal: Goal, snapshot: Snapshot
    ) -> tuple[list[Condition], list[Condition], list[Condition]]:
        lamp = str(goal.args["lamp"])
        needed = [self.fact(f"lit({other})") for other in self.needs.get(lamp, "")]
        return needed, [], [self.fact(f"lit({lamp})")]

    def serves(self, predicate: Predicate) -> Goal | None:
        if predicate.name != "lit" or predicate.args == ("z",):
            return None
        return Goal(skill="light", args={"lamp": predicate.args[0]})

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        return predicate.args[0] in self.darkens.get(str(goal.args["lamp"]), "")

    def question(self, predicate: Predicate) -> Condition:
        return self.fact(str(predicate))


class Bench:
    """A planner in a scripted world, driven tick by tick."""

    def __init__(
        self,
        items: Iterable[Item],
        budget: Budget | None = None,
        *,
        world: World | None = None,
        facts: tuple[str, ...] = (),
        hidden: tuple[str, ...] = (),
        known: frozenset[str] = ALL,
        **asked: object,
    ) -> None:
        """Take what `Task` and `Planner` take; hidden objects are out of sight."""
        self.world = world or World()
        self.world.facts |= set(facts)
        self.hidden = {name: self.world.hide(name) for name in hidden}
        self.task = Task(text="the task", items=tuple(items), **asked)
        self.planner = Planner(
            self.task, self.world, self.world.snapshot(), budget, known=known
        )

    def tick(
        self, *now_true: str, after: float = 1.0, no_longer: tuple[str, ...] = ()
    ) -> TaskStatus:
        """Change facts, let `after` seconds pass, and tick once."""
        self.world.time += after
        self.world.facts |= set(now_true)
        self.world.facts -= set(no_longer)
        return self.planner.tick(self.world.snapshot())

    def settle(self, state: TaskState, *, within: int = 60) -> TaskStatus:
        """Tick every second until the task is in a state."""
        for _ in range(within):
            if self.tick().state is state:
                return self.planner.status
        raise AssertionError(f"never {state}: {self.planner.status}")

    def show(self, name: str) -> None:
        """Bring an object back into sight."""
        self.world.objects[name] = self.hidden.pop(name)

    @property
    def started(self) -> list[str]:
        """The skills that were started so far, in order."""
        log = self.world.log
        return [line.removeprefix("start ") for line in log if "start" in line]


WALK = Step(skill="walk", args={"target": "table", "reach": "cup"})
GRASP = Step(skill="grasp", args={"object": "cup"})
CARRY = Step(skill="walk", args={"target": "shelf", "carrying": "cup"})
PLACE = Step(skill="manipulate", args={"object": "cup", "target": "shelf"})
STAND = Step(skill="balance", args={"duration_s": 3.0})
TURN = Step(skill="walk", args={"turn": 1.5})


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
def grasping() -> Bench:
    """The cup is in reach and only has to be grasped."""
    return Bench((GRASP,), facts=("in_reach(cup)", "in_reach(cup, left)"))


@pytest.fixture
def bench() -> type[Bench]:
    """For tests that choose their own items, budget or world."""
    return Bench


@pytest.fixture
def worlds() -> type[World]:
    """For tests whose skills are others."""
    return World


@pytest.fixture
def steps() -> dict[str, Step]:
    """The steps by a short name."""
    return {
        "walk": WALK,
        "grasp": GRASP,
        "carry": CARRY,
        "place": PLACE,
        "stand": STAND,
        "turn": TURN,
    }


@pytest.fixture
def lamps() -> type[Lamps]:
    """For tests of needs and conflicts in any shape."""
    return Lamps


def achieve(text: str, retries: int | None = None) -> Achieve:
    """A goal as a person writes it."""
    return Achieve(predicate=Predicate.parse(text), retries=retries)


@pytest.fixture
def goals() -> Callable[..., Achieve]:
    """Make goals from text."""
    return achieve


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
