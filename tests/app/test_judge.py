"""The judge believes the physics only, and only if it lasts."""

from __future__ import annotations

import pytest

from app.judge import Judge, Verdict
from planners.task import Step, Task

GRASP = Step(skill="grasp", args={"object": "cup"})
PLACE = Step(skill="manipulate", args={"object": "cup", "target": "shelf"})
WALK = Step(skill="walk", args={"target": "table"})
CARRY = Step(skill="walk", args={"target": "shelf", "carrying": "cup"})
STAND = Step(skill="balance", args={"duration_s": 3.0})


class Court:
    """A judge, and time that passes in steps of 0.1 s."""

    def __init__(self, world, *steps):
        self.world = world
        self.time = 0.0
        self.done = steps
        self.judge = Judge(Task(text="the task", items=steps), world.truth(0.0))

    def watch(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.time += 0.1
            self.judge.watch(self.world.truth(self.time), self.done)

    def verdict(self) -> tuple[Verdict, str]:
        judgement = self.judge.judgement()
        return judgement.verdict, judgement.reason


@pytest.fixture
def lift(world):
    """The cup is held 12 cm above where it stood."""
    court = Court(world, WALK, GRASP)
    court.watch(1.0)
    world.cup_pos = (-0.3, 0.0, 0.87)
    world.touching = frozenset({"right_hand"})
    return court


def test_a_cup_held_12_cm_up_for_2_seconds_is_grasped(lift):
    lift.watch(2.1)  # the first look at it is 0.1 s after it was lifted
    verdict, reason = lift.verdict()
    assert verdict is Verdict.AGREES
    assert reason == (
        "the robot stands; cup is held upright, 10 cm up, touched by nothing but a hand"
    )


def test_a_second_and_a_half_is_too_short(lift):
    lift.watch(1.6)
    assert lift.verdict() == (
        Verdict.CONTRADICTS,
        "'cup is held upright, 10 cm up, touched by nothing but a hand' has been "
        "true for 1.50 of 2 s; before, cup touches table",
    )


def test_a_brush_against_the_table_starts_the_2_seconds_anew(lift, world):
    lift.watch(1.5)
    world.touching = frozenset({"right_hand", "table"})
    lift.watch(0.1)
    world.touching = frozenset({"right_hand"})
    lift.watch(1.5)
    assert lift.verdict()[0] is Verdict.CONTRADICTS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"touching": frozenset({"right_hand", "robot"})}, "cup touches robot"),
        ({"touching": frozenset({"floor"})}, "cup touches floor"),
        ({"cup_pos": (-0.3, 0.0, 0.84)}, "cup is 9.0 cm up, 10 cm is lifted"),
        # Tilted by 40 degrees its lowest edge is 5 cos 40 + 3 sin 40 = 5.76 cm down.
        (
            {"cup_roll": 40.0, "cup_pos": (-0.3, 0.0, 0.87)},
            "cup is tilted by 40 degrees",
        ),
        (
            {"cup_roll": 40.0, "cup_pos": (-0.3, 0.0, 0.85)},
            "cup is 9.2 cm up, 10 cm is lifted",
        ),
    ],
)
def test_what_is_no_grasp_is_named(lift, world, change, reason):
    for key, value in change.items():
        setattr(world, key, value)
    lift.watch(3.0)
    assert lift.verdict() == (Verdict.CONTRADICTS, reason)


def test_a_fallen_robot_has_done_nothing(lift, world):
    world.stand(pos=(-0.6, 0.0, 0.3), pitch=80.0)
    lift.watch(3.0)
    assert lift.verdict() == (
        Verdict.CONTRADICTS,
        "the robot leans 80 degrees, pelvis 0.30 m up",
    )


@pytest.fixture
def place(world):
    """The cup stands on the shelf and nothing touches it but that."""
    court = Court(world, GRASP, CARRY, PLACE)
    court.watch(1.0)
    world.cup_pos = (0.1, 2.8, 0.85)
    world.touching = frozenset({"shelf"})
    return court


def test_a_cup_that_stands_on_the_shelf_for_a_second_is_placed(place):
    place.watch(1.1)
    assert place.verdict() == (
        Verdict.AGREES,
        "the robot stands; cup stands on shelf, upright, still and let go",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"touching": frozenset({"shelf", "left_hand"})},
            "cup still touches left_hand",
        ),
        (
            {"touching": frozenset({"shelf", "robot"})},
            "cup still touches robot",
        ),
        (
            {"cup_pos": (0.1, 2.8, 0.87)},
            "cup is not on shelf, but 2.0 cm above its top",
        ),
        ({"cup_pos": (0.3, 2.8, 0.85)}, "cup is not on shelf, but 10.0 cm beside it"),
        ({"cup_speed": 0.2}, "cup moves at 0.20 m/s"),
        # On its side its centre is one radius, 3 cm, above the shelf.
        (
            {"cup_roll": 90.0, "cup_pos": (0.1, 2.8, 0.83)},
            "cup is tilted by 90 degrees",
        ),
    ],
)
def test_what_is_no_placing_is_named(place, world, change, reason):
    for key, value in change.items():
        setattr(world, key, value)
    place.watch(2.0)
    assert place.verdict() == (Verdict.CONTRADICTS, reason)


@pytest.mark.parametrize(
    ("x", "y", "verdict"),
    [
        # The middle of the front edge of the shelf lies at (-0.2, 3.0), the cup at
        # (0.1, 2.8): 0.3 m inwards and 0.2 m to the right.
        (0.3, -0.2, Verdict.AGREES),
        (0.3, -0.16, Verdict.AGREES),
        (0.3, -0.14, Verdict.CONTRADICTS),
    ],
)
def test_a_target_point_must_be_met_within_5_cm(world, x, y, verdict):
    step = Step(skill="manipulate", args={**PLACE.args, "x": x, "y": y})
    court = Court(world, step)
    world.cup_pos = (0.1, 2.8, 0.85)
    world.touching = frozenset({"shelf"})
    court.watch(1.5)
    assert court.verdict()[0] is verdict


@pytest.mark.parametrize(
    ("how", "verdict", "reason"),
    [
        # The front edge of the table is at x = -0.4.
        ({"pos": (-0.84, 0.0, 0.78)}, Verdict.AGREES, None),
        (
            {"pos": (-0.9, 0.0, 0.78)},
            Verdict.CONTRADICTS,
            "the robot is 0.50 m from table, 0.45 m is near",
        ),
        (
            {"speed": 0.3},
            Verdict.CONTRADICTS,
            "the robot still moves at 0.30 m/s",
        ),
    ],
)
def test_a_walk_ends_at_rest_near_the_target(world, how, verdict, reason):
    court = Court(world, WALK)
    world.stand(**how)
    court.watch(1.5)
    assert court.verdict()[0] is verdict
    if reason:
        assert court.verdict()[1] == reason


def test_to_walk_to_a_cup_is_to_walk_to_what_it_stands_on(world):
    court = Court(world, Step(skill="walk", args={"target": "cup"}))
    world.stand(pos=(-0.84, 0.0, 0.78))  # 0.51 m from the cup, 0.44 m from the table
    court.watch(1.5)
    assert court.verdict()[0] is Verdict.AGREES


def test_a_cup_that_is_carried_need_not_be_high_but_must_be_held(world):
    court = Court(world, GRASP, CARRY)
    world.stand(pos=(-0.4, 3.0, 0.78))
    world.cup_pos, world.touching = (-0.3, 3.0, 0.78), frozenset({"left_hand"})
    court.watch(2.5)
    assert court.verdict()[0] is Verdict.AGREES
    world.touching = frozenset()
    world.cup_pos = (-0.3, 3.0, 0.05)
    world.touching = frozenset({"floor"})
    court.watch(0.1)
    assert court.verdict() == (Verdict.CONTRADICTS, "cup touches floor")


def test_standing_must_last_as_long_as_was_asked(world):
    court = Court(world, STAND)
    court.watch(2.0)
    assert court.verdict()[0] is Verdict.CONTRADICTS
    court.watch(1.2)
    assert court.verdict() == (
        Verdict.AGREES,
        "the robot stands; it stood for 3 s",
    )


def test_what_was_never_looked_at_is_not_believed(world):
    assert Court(world, WALK).verdict() == (
        Verdict.CONTRADICTS,
        "it was never looked at",
    )
