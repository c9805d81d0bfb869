"""A fit finds what a leg was made of, and says what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mujoco.sysid._src.parameter", reason="needs mujoco[sysid]")

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.identification import rollouts
from sim2real.identification.identify import Identified, identify
from sim2real.identification.log_checks import Source
from sim2real.identification.outcome import finding_of, identified_robot
from sim2real.identification.phases import KEY, phases_from_text
from sim2real.robot_log import RobotLog
from sim2real.robot_parameters import RobotParameters

TRUTH = {
    "armature_scale": {"left_leg": 1.25},
    "damping_add": {"left_leg": 0.4},
    "friction_loss_add": {"left_leg": 0.3},
    "strength": {"left_leg": 0.85},
    "command_delay_s": {"left_leg": 0.011},
    "encoder_bias": {"left_knee_joint": 0.008},
}


def source(log: RobotLog) -> Source:
    return Source(log=log, phases=phases_from_text(log.metadata[KEY], "leg.mcap"))


@pytest.fixture(scope="module")
def told(robot: RobotConfig, make_log: Callable[..., RobotLog]) -> Identified:
    truth = RobotParameters.of(robot, TRUTH)
    return identify(robot, [source(make_log(truth))])


@pytest.mark.parametrize(
    ("field", "key", "truth", "allowed"),
    [
        ("armature_scale", "left_leg", 1.25, 0.08),
        ("damping_add", "left_leg", 0.4, 0.04),
        ("friction_loss_add", "left_leg", 0.3, 0.03),
        ("strength", "left_leg", 0.85, 0.05),
        ("command_delay_s", "left_leg", 0.011, 0.0005),
        ("encoder_bias", "left_knee_joint", 0.008, 0.005),
    ],
)
def test_a_leg_is_identified_from_four_seconds(
    told: Identified, field: str, key: str, truth: float, allowed: float
) -> None:
    finding = finding_of(told.findings, field, key)
    assert finding is not None and finding.identifiable
    assert finding.value == pytest.approx(truth, abs=allowed)
    assert abs(finding.value - truth) < 3.5 * finding.deviation


def test_the_sweep_that_was_held_out_is_predicted_far_better(told: Identified) -> None:
    nominal, identified = told.errors()
    assert identified < nominal / 5
    assert identified == pytest.approx(1e-3, rel=0.5)  # the noise of the readings


def test_what_the_sweeps_do_not_show_stays_nominal_with_a_reason(
    robot: RobotConfig, told: Identified
) -> None:
    hip = finding_of(told.findings, "link_mass_scale", "left_hip_pitch_link")
    assert hip is not None and not hip.identifiable
    assert "wider than" in hip.reason or "nothing in the log" in hip.reason
    assert "left_hip_pitch_link" not in told.parameters.link_mass_scale
    file = identified_robot(robot, told, source="leg.mcap")
    estimate = file.estimate(robot, "link_mass_scale", "left_hip_pitch_link")
    assert not estimate.identifiable and estimate.value is None and estimate.reason
    delay = file.estimate(robot, "observation_delay_s")
    assert "the sum of command and observation delay" in delay.reason


def test_the_file_gives_back_the_parameters(
    robot: RobotConfig, told: Identified
) -> None:
    file = identified_robot(robot, told, source="leg.mcap")
    back = file.robot_parameters(robot)
    np.testing.assert_allclose(back.strength, told.parameters.strength, atol=1e-5)
    np.testing.assert_allclose(
        back.command_delay_s, told.parameters.command_delay_s, atol=1e-5
    )
    interval = file.estimate(robot, "strength", "left_knee_joint").interval
    assert isinstance(interval, tuple) and interval[0] < back.strength[3] < interval[1]


def test_a_part_that_is_done_is_not_fitted_again(
    robot: RobotConfig, make_log: Callable[..., RobotLog], told: Identified
) -> None:
    class Done:
        def get(self, part: str) -> object:
            return told.findings

        def put(self, part: str, findings: object) -> None:
            raise AssertionError("nothing is to be kept")

    truth = RobotParameters.of(robot, TRUTH)
    again = identify(robot, [source(make_log(truth))], finished=Done())  # type: ignore[arg-type]
    assert again.parameters == told.parameters


def test_the_toolbox_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "import_module", lambda name: object())
    with pytest.raises(ConfigError, match=r"needs mujoco.sysid.*praxis\[identify\]"):
        rollouts.sysid()


def test_effort_counts_only_where_gains_are_sought(
    robot: RobotConfig, make_log: Callable[..., RobotLog]
) -> None:
    log = make_log()
    bare = replace(log, streams=log.streams - {"effort"})
    with pytest.raises(ConfigError, match="holds no effort"):
        identify(robot, [source(bare)], gains=True)
