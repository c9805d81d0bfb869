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
        self.judge = Judge(Task(text="the task", steps=steps), world.truth(0.0))

    def watch(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.time += 0.1
            self.judge.watch(self.world.truth(self.time))

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
        "the robot stands; "
        "cup is held upright, 10 cm up, touched by nothing but a hand"
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
    from tests_app_world import state  # placed beside this file by conftest

    world.robot = state(pos=(-0.6, 0.0, 0.3), pitch=80.0)
    lift.watch(3.0)
    assert lift.verdict() == (
        Verdict.CONTRADICTS,
        "the robot leans 80 degrees, pelvis 0.30 m up",
    )
