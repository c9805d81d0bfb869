"""What a robot makes of commands, with numbers worked out by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skills.walk_response import REST, REST_CHANGE, REST_STD, WalkResponse

AHEAD = np.tile([1.0, 0.5, 0.0, 0.0], (3, 1))  # 1 and the command, for each axis
STILL = np.tile([1.0, 0.0, 0.0, 0.0], (3, 1))
SURE, UNSURE = np.full(3, 1e-9), np.full(3, 0.005)


def test_who_walks_as_told_keeps_commands() -> None:
    response = WalkResponse()
    command = np.array([0.5, -0.1, 0.2])
    assert_allclose(response.command_for(command), command)


def test_a_sample_counts_as_much_as_is_sure_of_it() -> None:
    # Offset and rest have 0.05 each: variance 0.005, as the noise. Half of the excess
    # of 0.04 is believed, and both get the same of it.
    response = WalkResponse()
    response.learn(STILL, np.array([0.04, 0.0, 0.0]), UNSURE)
    assert_allclose(response.told[0, [0, REST]], [0.01, 0.01])
    assert_allclose(response.told[1:], 0.0)
    assert response.std[0, 0] < response.std[1, 0] + 1e-12


def test_what_is_learnt_is_made_up_for() -> None:
    # Standing offset 0.02, gain 0.1: at 0.5 m/s it would walk at 0.57.
    response = WalkResponse()
    response.told[0, :2] = 0.02, 0.1
    sent = response.command_for(np.array([0.5, 0.0, 0.0]))
    assert 1.1 * sent[0] + 0.02 == pytest.approx(0.5, abs=1e-3)


def test_the_rest_fades_with_a_change_of_the_command() -> None:
    response = WalkResponse()
    response.learn(STILL, np.array([0.04, 0.0, 0.0]), SURE)
    offset, rest = response.told[0, [0, REST]]
    response.wander(0.0, REST_CHANGE * log(2.0))
    assert response.told[0, REST] == pytest.approx(rest / 2)
    assert response.told[0, 0] == offset
    response.wander(0.0, 100.0)
    assert response.told[0, REST] == pytest.approx(0.0)
    assert response.std[0, REST] == pytest.approx(REST_STD)


def test_a_slip_is_doubted() -> None:
    slipped, walked = WalkResponse(), WalkResponse()
    slipped.learn(AHEAD, np.array([2.0, 0.0, 0.0]), UNSURE)
    walked.learn(AHEAD, np.array([0.2, 0.0, 0.0]), UNSURE)
    assert slipped.told[0, 0] < 3.0 * walked.told[0, 0]


def test_what_is_not_finite_is_left_out() -> None:
    response = WalkResponse()
    response.learn(AHEAD, np.array([np.nan, 0.0, 0.0]), UNSURE)
    assert_allclose(response.told, 0.0)
