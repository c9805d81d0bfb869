"""Rehearsal skills keep the promises of the real ones, on a robot that pretends."""

from __future__ import annotations

from math import cos, hypot, pi, sin

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends.fake_backend import FakeBackend
from sim2real.rotations import yaw_of
from skills.contract import Failure, Goal, GoalError, Predicate, Snapshot
from skills.furniture import footprint, turn_between
from skills.predicates import pose_of
from skills.rehearsal import make_rehearsal
from skills.runner import SkillRunner


class Rehearsal:
    """A fake robot in the kitchen, and a runner of rehearsal skills."""

    def __init__(self, robot: RobotConfig, seed: int) -> None:
        self.backend = FakeBackend(robot, load_scene("kitchen"))
        self.skills = make_rehearsal(robot, self.backend)
        self.runner = SkillRunner(robot, self.skills)
        self.state = self.backend.reset(seed)

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(state=self.state, objects=self.backend.objects())

    def step(self) -> None:
        self.state = self.backend.step(self.runner.step(self.snapshot))

    def perform(self, skill: str, **args: str | float) -> float:
        """Run a goal until it keeps its promise; return how long it took [s]."""
        goal = Goal(skill=skill, args=args)
        contract = self.runner.contract(goal, self.snapshot)
        begun = self.state.time
        for condition in contract.pre:
            answer = condition.check(self.snapshot)
            assert answer.holds, f"{condition.name}: {answer.reason}"
        self.runner.start(goal, self.snapshot)
        while self.state.time < begun + contract.timeout_s:
            self.step()
            now = self.snapshot
            assert all(condition.check(now).holds for condition in contract.hold)
            if all([condition.check(now).holds for condition in contract.post]):
                self.runner.stop(skill)
                return self.state.time - begun
        raise AssertionError(f"{skill} did not keep its promise")


@pytest.fixture
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(params=range(5))
def rehearsal(request: pytest.FixtureRequest, robot: RobotConfig) -> Rehearsal:
    return Rehearsal(robot, request.param)


def test_the_cup_is_fetched_and_delivered_in_any_kitchen(rehearsal):
    rehearsal.perform("walk", target="table", reach="cup")
    rehearsal.perform("grasp", object="cup")
    rehearsal.perform("walk", target="shelf", carrying="cup")
    rehearsal.perform("manipulate", object="cup", target="shelf")
    objects = rehearsal.backend.objects()
    cup, shelf = objects["cup"], objects["shelf"]
    assert footprint(shelf).distance(cup.pos_w[0], cup.pos_w[1]) == 0.0
    top = shelf.pos_w[2] + shelf.half_size[2]
    assert cup.pos_w[2] == pytest.approx(top + cup.half_size[2])


def test_a_walk_goes_around_furniture(rehearsal):
    goal = Goal(skill="walk", args={"target": "shelf"})
    rehearsal.runner.start(goal, rehearsal.snapshot)
    table = footprint(rehearsal.backend.objects()["table"])
    for _ in range(800):
        rehearsal.step()
        assert table.distance(*rehearsal.state.base_pos_w[:2]) > 0.2


def test_a_walk_that_is_stopped_stands_still(rehearsal):
    goal = Goal(skill="walk", args={"target": "table"})
    rehearsal.runner.start(goal, rehearsal.snapshot)
    for _ in range(100):
        rehearsal.step()
    rehearsal.runner.stop("walk")
    rehearsal.step()
    before = rehearsal.state.base_pos_w
    rehearsal.step()
    assert hypot(*(rehearsal.state.base_pos_w - before)[:2]) == 0.0


@pytest.mark.parametrize(
    ("args", "moved"),
    [
        ({"forward": -0.5}, (-0.5, 0.0, 0.0)),
        ({"left": 0.4}, (0.0, 0.4, 0.0)),
        ({"turn": 2 * pi}, (0.0, 0.0, 0.0)),
    ],
)
def test_a_walk_by_a_distance(robot, args, moved):
    rehearsal = Rehearsal(robot, 0)
    before = pose_of(rehearsal.state)
    seconds = rehearsal.perform("walk", **args)
    assert seconds > abs(args.get("turn", 0.0)) / 0.6
    after = pose_of(rehearsal.state)
    c, s = cos(before.yaw), sin(before.yaw)
    x, y = after.x - before.x, after.y - before.y
    assert (c * x + s * y, c * y - s * x) == pytest.approx(moved[:2], abs=0.1)
    assert turn_between(before.yaw, after.yaw) == pytest.approx(moved[2], abs=0.1)


def test_legs_serve_what_the_real_ones_serve(robot):
    skills = Rehearsal(robot, 0).skills
    at_table = Predicate("at", ("table",))
    goal = skills["walk"].serves(at_table)
    assert goal == Goal(skill="walk", args={"target": "table"})
    assert not skills["walk"].breaks(goal, at_table)
    assert skills["walk"].breaks(goal, Predicate("at", ("shelf",)))
    assert skills["balance"].serves(Predicate("upright")) is None
    assert not skills["balance"].breaks(Goal(skill="balance"), at_table)


def test_balance_stands_for_as_long_as_it_is_told(rehearsal):
    assert rehearsal.perform("balance", duration_s=1.5) == pytest.approx(1.5)


def test_a_given_hand_is_used(robot):
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rehearsal = Rehearsal(robot, 0)
        rehearsal.perform("walk", target="table", reach="cup", side=side)
        rehearsal.perform("grasp", object="cup", side=side)
        contract = rehearsal.runner.contract(
            Goal(skill="grasp", args={"object": "cup", "side": side}),
            rehearsal.snapshot,
        )
        assert all(name.startswith(side) for name in contract.joints)
        base = rehearsal.state
        away = rehearsal.backend.objects()["cup"].pos_w - base.base_pos_w
        yaw = yaw_of(base.base_quat_wxyz)
        left = np.array([-np.sin(yaw), np.cos(yaw)])
        assert sign * float(away[:2] @ left) > 0.0


def test_a_grasp_from_afar_is_out_of_reach(rehearsal):
    goal = Goal(skill="grasp", args={"object": "cup"})
    contract = rehearsal.runner.contract(goal, rehearsal.snapshot)
    checks = {c.name: c.check(rehearsal.snapshot) for c in contract.pre}
    assert not checks["in_reach(cup)"].holds
    reach = next(c for c in contract.pre if c.name == "in_reach(cup)")
    assert reach.failure is Failure.OUT_OF_REACH


@pytest.mark.parametrize(
    ("skill", "args", "words"),
    [
        ("walk", {}, "walk needs the argument 'target'"),
        ("walk", {"target": "moon"}, "walk: there is no 'moon' here"),
        ("walk", {"target": "table", "side": "both"}, "side is left or right, got"),
        ("grasp", {"object": "table"}, "grasp: 'table' is fixed to the world"),
        ("grasp", {"object": "cup", "side": "third"}, "side is left or right, got"),
        ("manipulate", {"object": "cup"}, "manipulate needs the argument 'target'"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(robot, skill, args, words):
    rehearsal = Rehearsal(robot, 0)
    with pytest.raises(GoalError, match=words):
        rehearsal.runner.contract(Goal(skill=skill, args=args), rehearsal.snapshot)


def test_without_hands_there_is_nothing_to_grasp_with(robot):
    sites = robot.sites.model_copy(update={"left_grasp": None, "right_grasp": None})
    handless = robot.model_copy(update={"sites": sites})
    rehearsal = Rehearsal(handless, 0)
    for skill, words in (("grasp", "to grasp with"), ("manipulate", "to place with")):
        goal = Goal(skill=skill, args={"object": "cup", "target": "shelf"})
        with pytest.raises(GoalError, match=f"no hands {words}"):
            rehearsal.runner.contract(goal, rehearsal.snapshot)
