"""Things from ObjectStates, from detections and from tf."""

from __future__ import annotations

from math import sqrt
from types import SimpleNamespace
from typing import Any

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_scene
from sim2real.robot import ObjectState
from sim2real.ros2.frames import Frames
from sim2real.ros2.refusal import Refusal, Wrong
from sim2real.ros2.sightings import Sightings, known_things
from sim2real.ros2.things import ThingsWriter, read_object_states
from tests.sim2real.ros2.plain_messages import (
    header,
    object_states,
    pose,
    tf,
    transform,
    xyz,
    xyzw,
)

S = 1_000_000_000
HALF = sqrt(0.5)


@pytest.fixture
def known() -> dict[str, ObjectState]:
    return known_things(load_scene("kitchen"))


def detections(name: str, x: float, stamp_ns: int, by_class: bool = False) -> Any:
    guess = SimpleNamespace(hypothesis=SimpleNamespace(class_id=name, score=0.9))
    worse = SimpleNamespace(hypothesis=SimpleNamespace(class_id="shelf", score=0.1))
    detection = SimpleNamespace(
        id="" if by_class else name,
        results=[worse, guess],
        bbox=SimpleNamespace(center=pose(xyz(x, 2.0, 3.0)), size=xyz(1.0, 1.0, 1.0)),
    )
    return SimpleNamespace(header=header(stamp_ns, "odom"), detections=[detection])


def test_things_come_back_as_they_were_sent(known: dict[str, ObjectState]) -> None:
    message = ThingsWriter(object_states(), "odom").write(known, 3 * S)
    things = read_object_states(message, Frames(), "odom")
    assert not isinstance(things, Refusal)
    assert list(things) == list(known)
    for name, thing in known.items():
        for field, value in vars(thing).items():
            assert_array_equal(getattr(things[name], field), value)


def test_things_seen_from_elsewhere_are_moved_into_the_world(
    known: dict[str, ObjectState],
) -> None:
    message = ThingsWriter(object_states(), "camera").write({"cup": known["cup"]}, S)
    message.pose[0:3] = type(message.pose)("d", [1.0, 0.0, 0.0])
    message.linear_velocity[0:3] = type(message.pose)("d", [0.5, 0.0, 0.0])
    frames = Frames()
    turned = xyzw(z=HALF, w=HALF)
    frames.take(tf(transform("odom", "camera", xyz(5.0), turned)))
    things = read_object_states(message, frames, "odom")
    assert not isinstance(things, Refusal)
    assert_allclose(things["cup"].pos_w, [5.0, 1.0, 0.0], atol=1e-12)
    assert_allclose(things["cup"].lin_vel_w, [0.0, 0.5, 0.0], atol=1e-12)


def test_reports_that_cannot_be_used_are_refused(known: dict[str, ObjectState]) -> None:
    def report() -> Any:
        return ThingsWriter(object_states(), "odom").write({"cup": known["cup"]}, S)

    short, odd, flat, turned, lost = (report() for _ in range(5))
    short.kind = []
    odd.kind = ["teapot"]
    flat.size[0] = 0.0
    turned.pose[3:7] = type(turned.pose)("d", [0.0, 0.0, 0.0, 0.0])
    lost.header.frame_id = "moon"
    for message, wrong, text in (
        (short, Wrong.LENGTH, "lengths differ: 1 name, 0 kind"),
        (odd, Wrong.NAMES, "cup is a 'teapot', expected one of table"),
        (flat, Wrong.NUMBER, "size of cup is no usable number"),
        (turned, Wrong.ROTATION, "the orientation of cup is none"),
        (lost, Wrong.FRAME, "nothing leads from odom to moon"),
    ):
        refusal = read_object_states(message, Frames(), "odom")
        assert isinstance(refusal, Refusal)
        assert refusal.wrong is wrong
        assert text in refusal.text


@pytest.mark.parametrize("by_class", [False, True])
def test_a_detection_says_where_and_the_scene_file_says_what(
    known: dict[str, ObjectState], by_class: bool
) -> None:
    sightings = Sightings(known)
    message = detections("cup", 1.0, S, by_class)
    things = sightings.read_detections(message, Frames(), "odom")
    assert not isinstance(things, Refusal)
    cup = things["cup"]
    assert_array_equal(cup.pos_w, [1.0, 2.0, 3.0])
    assert_array_equal(cup.half_size, known["cup"].half_size)
    assert cup.kind == "cup"


def test_speed_comes_from_where_a_thing_was_before(
    known: dict[str, ObjectState],
) -> None:
    sightings = Sightings(known)
    for i in range(40):  # 0.2 m/s for four seconds
        message = detections("cup", 0.02 * i, i * S // 10)
        things = sightings.read_detections(message, Frames(), "odom")
    assert not isinstance(things, Refusal)
    assert_allclose(things["cup"].lin_vel_w, [0.2, 0.0, 0.0], atol=1e-6)


def test_unknown_things_are_looked_over(known: dict[str, ObjectState]) -> None:
    things = Sightings(known).read_detections(
        detections("teapot", 0.0, S), Frames(), "odom"
    )
    assert things == {}


def test_things_from_tf_are_seen_while_their_frame_is_known(
    known: dict[str, ObjectState],
) -> None:
    frames, sightings = Frames(), Sightings(known)
    names = {"cup": "cup_frame", "shelf": "shelf_frame"}
    frames.take(tf(transform("odom", "cup_frame", xyz(1.0, 2.0, 3.0))))
    things = sightings.read_frames(names, frames, "odom")
    assert list(things) == ["cup"]
    assert_array_equal(things["cup"].pos_w, [1.0, 2.0, 3.0])
