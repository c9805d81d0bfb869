"""Joint vectors are matched by name, never by place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sim2real.joint_map import JointMap, JointNameError

WHOLE = ("hip", "knee", "ankle", "elbow")


def test_take_picks_by_name_in_the_order_of_the_part():
    joint_map = JointMap(("elbow", "hip"), WHOLE)
    assert_array_equal(joint_map.take(np.array([1.0, 2.0, 3.0, 4.0])), [4.0, 1.0])


def test_put_replaces_the_part_and_leaves_its_input_alone():
    joint_map = JointMap(("elbow", "hip"), WHOLE)
    whole = np.array([1.0, 2.0, 3.0, 4.0])
    assert_array_equal(
        joint_map.put(np.array([40.0, 10.0]), whole), [10.0, 2.0, 3.0, 40.0]
    )
    assert_array_equal(whole, [1.0, 2.0, 3.0, 4.0])


def test_there_and_back_is_the_same_for_any_order():
    order = ("ankle", "hip", "elbow", "knee")
    joint_map = JointMap(order, WHOLE)
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert_array_equal(joint_map.put(joint_map.take(values), np.zeros(4)), values)
    back = JointMap(WHOLE, order)
    assert_array_equal(back.take(joint_map.take(values)), values)


def test_batches_are_mapped_along_their_last_axis():
    joint_map = JointMap(("ankle", "knee"), WHOLE)
    values = np.arange(24.0).reshape(2, 3, 4)
    assert_array_equal(joint_map.take(values)[1, 2], [22.0, 21.0])
    put = joint_map.put(np.zeros((2, 3, 2)), values)
    assert_array_equal(put[1, 2], [20.0, 0.0, 0.0, 23.0])


def test_an_empty_part_changes_nothing():
    joint_map = JointMap((), WHOLE)
    assert joint_map.take(np.ones(4)).shape == (0,)
    assert_array_equal(joint_map.put(np.zeros(0), np.ones(4)), np.ones(4))


def test_a_joint_that_the_robot_lacks_is_named():
    with pytest.raises(JointNameError, match="joint 'tail' is wanted, the robot lacks"):
        JointMap(("knee", "tail"), WHOLE)


@pytest.mark.parametrize(
    ("part", "whole"), [(("hip", "hip"), WHOLE), (("hip",), ("hip", "knee", "hip"))]
)
def test_a_repeated_name_is_refused(part, whole):
    with pytest.raises(JointNameError, match="joint names repeat"):
        JointMap(part, whole)
