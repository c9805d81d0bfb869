"""The robot tells who has the joints."""

from __future__ import annotations

import os

from sim2real.ros2.authority import ITSELF, Authority

MS = 1_000_000


def test_every_start_has_a_name_of_its_own() -> None:
    ours = Authority("/praxis")
    assert ours.begin() == f"/praxis {os.getpid()}.1"
    assert ours.begin() == f"/praxis {os.getpid()}.2"


def test_before_a_command_nothing_can_be_lost() -> None:
    ours = Authority("/praxis")
    ours.begin()
    ours.hear("/teleop 7.1")
    assert ours.lost_to(0) is None


def test_a_robot_has_half_a_second_to_agree() -> None:
    ours = Authority("/praxis")
    ours.hear("/teleop 7.1")
    ours.begin()
    ours.sent(1000 * MS)
    assert ours.lost_to(1499 * MS) is None
    assert ours.lost_to(1500 * MS) == "/teleop 7.1"
    ours.hear(ours.name)
    assert ours.lost_to(1500 * MS) is None


def test_what_was_ours_is_lost_at_once() -> None:
    ours = Authority("/praxis")
    ours.hear(ours.begin())
    ours.sent(0)
    ours.hear(ITSELF)
    assert ours.lost_to(1 * MS) == "the robot itself"
    ours.begin()  # and with the next start it is ours to win
    ours.sent(2 * MS)
    assert ours.lost_to(3 * MS) is None


def test_a_robot_that_says_nothing_is_believed_to_obey() -> None:
    ours = Authority("/praxis")
    ours.begin()
    ours.sent(0)
    assert ours.lost_to(10_000 * MS) is None
