"""Figures of the learning curve are means since the last look."""

from __future__ import annotations

from math import isnan

import numpy as np

from skills.training.episode_log import EpisodeLog


def test_figures_are_means_per_step() -> None:
    log = EpisodeLog()
    for value in (1.0, 2.0, 6.0):
        log.steps += 1
        log.add("error", value)
    log.add("rare", 3.0)
    assert log.read() == {"error": 3.0, "rare": 1.0}


def test_reading_begins_anew() -> None:
    log = EpisodeLog()
    log.steps = 1
    log.add("error", 5.0)
    log.read()
    assert log.read() == {}
    log.steps = 2
    log.add("error", 4.0)
    assert log.read() == {"error": 2.0}


def test_events_are_read_as_their_share() -> None:
    log = EpisodeLog()
    log.add_mean("success", np.array([True, False, False]))
    log.add_mean("success", np.array([True]))
    assert log.read() == {"success": 0.5}


def test_a_share_of_nothing_is_not_a_number_but_keeps_its_place() -> None:
    log = EpisodeLog()
    log.add_mean("success", np.zeros(0, bool))
    assert isnan(log.read()["success"])
    assert isnan(log.read()["success"])


def test_values_without_a_step_are_not_lost() -> None:
    log = EpisodeLog()
    log.add("error", 2.0)
    assert log.read() == {"error": 2.0}


def test_what_hardly_ever_happens_is_left_out_while_it_does_not() -> None:
    log = EpisodeLog()
    log.steps = 2
    log.add_rare("blown_up", np.float32(0.0))
    assert log.read() == {}
    log.steps = 2
    log.add_rare("blown_up", np.float32(0.0))
    log.add_rare("blown_up", np.float32(0.5))
    assert log.read() == {"blown_up": 0.25}
