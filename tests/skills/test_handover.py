"""A hand-over moves targets and gains in a straight line, without a jump."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skills.contract import JointTargets
from skills.handover import Handover

NAMES = ("left_knee_joint", "right_knee_joint")


def targets(pos: float, stiffness: float, damping: float) -> JointTargets:
    return JointTargets(
        names=NAMES,
        joint_pos=np.full(2, pos),
        stiffness=np.full(2, stiffness),
        damping=np.full(2, damping),
    )


@pytest.fixture
def handover() -> Handover:
    return Handover(begin=targets(1.0, 100.0, 2.0), start_time=5.0, duration_s=0.4)


def test_begins_with_the_old_targets(handover: Handover) -> None:
    now = handover.blend(targets(3.0, 40.0, 6.0), 5.0)
    assert_array_equal(now.joint_pos, [1.0, 1.0])
    assert_array_equal(now.stiffness, [100.0, 100.0])
    assert now.names == NAMES


def test_a_quarter_of_the_time_is_a_quarter_of_the_way(handover: Handover) -> None:
    now = handover.blend(targets(3.0, 40.0, 6.0), 5.1)
    assert_allclose(now.joint_pos, [1.5, 1.5])
    assert_allclose(now.stiffness, [85.0, 85.0])
    assert_allclose(now.damping, [3.0, 3.0])


@pytest.mark.parametrize("time", [5.4, 5.5, 99.0])
def test_ends_with_the_new_targets_to_the_bit(handover: Handover, time: float) -> None:
    now = handover.blend(targets(0.1 + 0.2, 1 / 3, 1e-9), time)
    assert_array_equal(now.joint_pos, [0.1 + 0.2] * 2)
    assert_array_equal(now.stiffness, [1 / 3] * 2)
    assert_array_equal(now.damping, [1e-9] * 2)


def test_time_before_the_start_counts_as_the_start(handover: Handover) -> None:
    assert handover.share(4.0) == 0.0


def test_no_duration_means_at_once() -> None:
    handover = Handover(begin=targets(1, 1, 1), start_time=5.0, duration_s=0.0)
    assert handover.share(5.0) == 1.0
