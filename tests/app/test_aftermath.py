"""An answer is right or wrong by what became of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from app.aftermath import Aftermath, out_of_reach
from app.judge import Judgement, Verdict
from app.result import EpisodeResult
from app.scenario import ScenarioConfig
from configs.loader import load_robot
from sim2real.robot import RobotState
from skills.contract import Failure
from skills.predicates import Hands

ROBOT = load_robot()
KNOCK = {"kind": "knock", "object": "cup", "speed": 1, "force": 9}


class Stage:
    """The world of three things, as a simulation that tells the truth."""

    def __init__(self, world, standing: RobotState) -> None:
        self.world, self.robot = world, standing

    def true_state(self) -> RobotState:
        return self.robot

    def true_objects(self) -> Mapping[str, object]:
        return self.world.truth(0.0).objects


class Done:
    """A disturbance that is over."""

    at, over, what = 2.0, True, "cup was hit for 0.10 s"


class Never:
    """A disturbance whose moment has not come."""

    at, over, what = None, False, ""


class Moment:
    """What an aftermath looks at of a tick: its time."""

    def __init__(self, time: float) -> None:
        self.snapshot = self
        self.time = time


@pytest.fixture
def stage(world, assemble):
    # A robot with all its joints, who stands 1.5 m before the table.
    state = assemble().backend.reset(seed=0)
    state.base_pos_w[:] = [-2.0, 0.0, 0.78]
    return Stage(world, state)


@pytest.fixture
def mark(stage):
    """Let a second pass and return the answer to a result."""

    def marked(result, disturbance=None, happen=lambda: None, **config):
        if disturbance is not None:
            config["disturbance"] = KNOCK
        scenario = ScenarioConfig(text="t", why="w", task="x", **config)
        aftermath = Aftermath(scenario, stage, Hands(ROBOT), disturbance)
        aftermath.begin(None, 0, Moment(0.0))
        happen()
        for tick in range(51):
            aftermath.tick(Moment(tick * 0.02))
        aftermath.end(result)
        (answer,) = aftermath.answers
        return answer

    return marked


def result(failure: Failure | None = None, verdict: Verdict = Verdict.AGREES):
    return EpisodeResult(
        seed=4,
        success=failure is None,
        failure=failure,
        sentence="so it went",
        duration_s=9.0,
        judgement=Judgement(verdict=verdict, reason="cup is on the floor"),
    )


LOST = (Failure.DROPPED, Failure.OUT_OF_REACH)


def test_an_answer_that_is_listed_is_right(mark):
    answer = mark(result(), right=["success"])
    assert answer.right
    assert answer.why == "success is right"
    assert answer.as_dict()["seed"] == 4
    assert answer.as_dict()["disturbed_at_s"] is None


def test_an_answer_that_is_not_listed_is_wrong(mark):
    answer = mark(result(Failure.TIMEOUT), right=["success", "object_lost"])
    assert not answer.right
    assert answer.why == "timeout is not right (success or object_lost)"


def test_a_success_that_the_physics_contradicts_is_never_right(mark):
    answer = mark(result(verdict=Verdict.CONTRADICTS), right=["success"])
    assert not answer.right
    assert answer.why == "false success: cup is on the floor"


def test_an_episode_that_was_not_disturbed_shows_nothing(mark):
    answer = mark(result(), Never(), right=["success"])
    assert not answer.right
    assert answer.why == "the moment of the disturbance never came"


def test_a_failure_is_right_where_the_cup_fell_over(mark, world):
    def fall() -> None:
        world.cup_roll, world.cup_pos = 90.0, (-0.3, 0.0, 0.73)

    failed, want = result(Failure.DROPPED), {"right": ["success"]}
    answer = mark(failed, Done(), fall, right_if_lost=LOST, **want)
    assert answer.right
    assert answer.why == (
        "dropped is right; cup has fallen over on table, by 90 degrees"
    )
    assert answer.disturbed_at == 2.0
    assert answer.disturbance == "cup was hit for 0.10 s"


def test_the_same_failure_is_wrong_where_the_cup_stands_within_reach(mark):
    failed, want = result(Failure.DROPPED), {"right": ["success"]}
    answer = mark(failed, Done(), right_if_lost=LOST, **want)
    assert not answer.right
    assert answer.why.endswith("is not right (success); cup stands within reach")


def test_the_first_place_of_rest_counts(mark, world, stage):
    """What the robot does to the cup later is its own fault."""
    failed = result(Failure.DROPPED)
    config = ScenarioConfig(
        text="t",
        why="w",
        task="x",
        right=["success"],
        right_if_lost=LOST,
        disturbance=KNOCK,
    )
    aftermath = Aftermath(config, stage, Hands(ROBOT), Done())
    aftermath.begin(None, 0, Moment(0.0))
    for tick in range(30):  # it rests for 0.5 s
        aftermath.tick(Moment(tick * 0.02))
    world.cup_pos = (-0.9, 0.0, 0.05)  # then it is thrown down
    aftermath.tick(Moment(0.6))
    aftermath.end(failed)
    assert not aftermath.answers[0].right


def test_a_cup_that_rolls_on_and_on_is_judged_where_it_is_at_the_end(mark, world):
    def roll() -> None:
        world.cup_speed, world.cup_pos = 0.4, (-0.9, 0.0, 0.05)

    failed = result(Failure.OUT_OF_REACH)
    answer = mark(failed, Done(), roll, right=["success"], right_if_lost=LOST)
    assert answer.right
    assert answer.why.endswith("cup lies on the floor")


@pytest.mark.parametrize(("moved", "right"), [(0.009, True), (0.012, False)])
def test_what_is_to_be_left_alone_may_move_by_1_cm(mark, world, moved, right):
    def touch() -> None:
        world.cup_pos = (-0.3 + moved, 0.0, 0.75)

    answer = mark(result(), happen=touch, right=["success"], untouched=["cup"])
    assert answer.right is right
    if not right:
        assert answer.why == "cup was moved by 1.2 cm"


def test_a_robot_that_lies_has_given_no_right_answer(mark, stage):
    up = stage.robot

    def fall() -> None:
        stage.robot = replace(up, base_pos_w=up.base_pos_w * [1.0, 1.0, 0.25])

    lost, unstable = result(Failure.OBJECT_LOST), result(Failure.UNSTABLE)
    answer = mark(lost, happen=fall, right=["object_lost"])
    assert not answer.right
    assert answer.why == "the robot leans 0 degrees, pelvis 0.20 m up"
    stage.robot = up
    assert mark(unstable, happen=fall, right=["unstable"]).right


@pytest.mark.parametrize(
    ("pos", "roll", "why"),
    [
        ((-0.3, 0.0, 0.75), 0.0, None),
        ((-0.17, 0.0, 0.75), 0.0, "cup stands 23 cm from the rim of table"),
        ((-0.3, 0.0, 0.80), 0.0, "cup is 5 cm above table"),
        ((-0.3, 0.0, 0.75), 30.0, "cup has fallen over on table, by 30 degrees"),
        ((-0.5, 0.0, 0.05), 0.0, "cup lies on the floor"),
    ],
)
def test_where_a_hand_can_take_something(world, pos, roll, why):
    # The table reaches from x = -0.4 to 0.4 m and y = -0.6 to 0.6 m.
    world.cup_pos, world.cup_roll = pos, roll
    truth = world.truth(0.0)
    assert out_of_reach(truth.objects["cup"], truth) == why
