"""The newest transforms, and the way from one frame to another."""

from __future__ import annotations

from math import nan, sqrt

from numpy.testing import assert_allclose

from sim2real.ros2.frames import Frames, Pose
from sim2real.ros2.refusal import Refusal, Wrong
from tests.sim2real.ros2.plain_messages import tf, transform, xyz, xyzw

HALF = sqrt(0.5)
TURNED_LEFT = xyzw(z=HALF, w=HALF)  # by 90 degrees


def found(frames: Frames, child: str, parent: str) -> Pose:
    pose = frames.find(child, parent)
    assert isinstance(pose, Pose)
    return pose


def test_up_and_down_the_tree() -> None:
    frames = Frames()
    frames.take(
        tf(
            transform("map", "odom", xyz(1.0), TURNED_LEFT),
            transform("odom", "pelvis", xyz(2.0)),
            transform("map", "cup", xyz(1.0, 3.0)),
        )
    )
    # odom's x points along map's y: the pelvis is 2 m along it.
    assert_allclose(found(frames, "pelvis", "map").pos, [1.0, 2.0, 0.0], atol=1e-12)
    # Seen from odom the cup is 3 m along x.
    assert_allclose(found(frames, "cup", "odom").pos, [3.0, 0.0, 0.0], atol=1e-12)
    assert_allclose(found(frames, "map", "odom").quat_wxyz, [HALF, 0.0, 0.0, -HALF])


def test_an_old_transform_does_not_replace_a_newer_one() -> None:
    frames = Frames()
    frames.take(tf(transform("odom", "cup", xyz(1.0), stamp_ns=20)))
    frames.take(tf(transform("odom", "cup", xyz(9.0), stamp_ns=10)))
    assert found(frames, "cup", "odom").pos[0] == 1.0


def test_a_chain_is_as_old_as_its_oldest_part_and_static_ones_never_age() -> None:
    frames = Frames()
    frames.take(tf(transform("camera", "cup", stamp_ns=20)))
    frames.take(tf(transform("pelvis", "camera")), static=True)
    frames.take(tf(transform("odom", "pelvis", stamp_ns=30)))
    assert found(frames, "cup", "odom").stamp_ns == 20


def test_what_is_no_transform_is_refused() -> None:
    frames = Frames()
    refused = frames.take(
        tf(
            transform("odom", "odom"),
            transform("odom", "a", rotation=xyzw(w=0.0)),
            transform("odom", "b", xyz(nan)),
        )
    )
    assert [one.wrong for one in refused] == [Wrong.FRAME, Wrong.ROTATION, Wrong.NUMBER]


def test_frames_without_a_connection_are_named() -> None:
    frames = Frames()
    frames.take(tf(transform("odom", "cup")))
    refusal = frames.find("cup", "map")
    assert isinstance(refusal, Refusal)
    assert refusal.text == "tf: nothing leads from map to cup (known: cup)"


def test_a_circle_ends() -> None:
    frames = Frames()
    frames.take(tf(transform("a", "b"), transform("b", "a")))
    assert isinstance(frames.find("a", "map"), Refusal)
