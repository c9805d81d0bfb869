"""What `praxis identify check` measures, and what it takes for the truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("mujoco.sysid._src.parameter", reason="needs mujoco[sysid]")

from app.cli import app
from app.identify.figures import figures_of
from app.identify.unveil import Row, true_value
from configs.loader import load_robot
from sim2real.identification.fit import Finding
from sim2real.identification.unknowns import unknown
from sim2real.identified import load_identified
from sim2real.robot_parameters import RobotParameters

ROBOT = load_robot()


def row(field: str, truth: float, value: float, deviation: float, why: str = "") -> Row:
    finding = Finding(value=value, deviation=deviation, reason=why)
    return Row(robot=1, field=field, key="left_leg", truth=truth, finding=finding)


def test_the_figures_are_medians_shares_and_ratios_of_what_was_told() -> None:
    rows = [
        row("strength", 0.8, 0.84, 0.03),  # 5 %, inside
        row("armature_scale", 1.0, 1.2, 0.05),  # 20 %, outside
        row("damping_add", 0.5, 0.55, 0.03),  # 10 %, inside
        row("friction_loss_add", 0.001, 0.1, 0.2),  # no share of nearly nothing; inside
        row("payload", 0.5, 0.0, 1.0, "nothing in the log depends on it"),
        row("command_delay_s", 0.010, 0.011, 0.001),
        row("encoder_bias", 0.0, 0.5, 0.01),  # is told, but not counted
    ]
    overall = figures_of(rows, {1: (0.03, 0.01), 2: (0.04, 0.005)}, [1.0])["overall"]
    assert overall["median_error"] == pytest.approx(0.10)
    assert overall["median_delay_error_s"] == pytest.approx(0.001)
    # 1.96 deviations of 0.03 of 0.8, 0.05 of 1.0 and 0.03 of 0.5.
    assert overall["median_half_width"] == pytest.approx(0.098)
    assert overall["median_delay_half_width_s"] == pytest.approx(0.00196)
    assert overall["coverage"] == pytest.approx(4 / 5)
    assert overall["identifiable_share"] == pytest.approx(5 / 6)
    # Root mean squares: 0.0353553 and 0.0079057.
    assert overall["prediction_ratio"] == pytest.approx(4.4721, abs=1e-3)


def test_the_true_delay_is_what_a_log_can_tell() -> None:
    truth = RobotParameters.of(
        ROBOT,
        {"command_delay_s": 0.010, "observation_delay_s": 0.004, "jitter_s": 0.002},
    )
    # Command and reading are each later by half of the jitter, on average.
    delay = unknown(ROBOT, "command_delay_s", "left_leg")
    assert true_value(ROBOT, truth, delay) == pytest.approx(0.016)
    assert true_value(ROBOT, truth, unknown(ROBOT, "strength", "left_leg")) == 1.0


def test_the_true_load_of_the_trunk_is_all_that_makes_it_heavier() -> None:
    truth = RobotParameters.of(
        ROBOT, {"base_mass_add": 1.0, "link_mass_scale": {"torso_link": 1.05}}
    )
    # 1 kg and 5 % of 7.818 kg.
    found = true_value(ROBOT, truth, unknown(ROBOT, "base_mass_add"))
    assert found == pytest.approx(1.3909)


def test_a_check_unveils_the_truth_after_the_fit(brief: None, tmp_path: Path) -> None:
    path = tmp_path / "check.json"
    words = ("--seed", "4", "--json", str(path), "--files", str(tmp_path))
    done = CliRunner().invoke(app, ["identify", "check", "--robots", "1", *words])
    said = done.stdout
    assert (done.exit_code, done.stderr) == (0, "")
    assert "hidden:4:" in said and "truth inside the 95 % interval" in said
    figures = json.loads(path.read_text("utf-8"))
    assert figures["robots"] == [4]
    assert load_identified(str(tmp_path / "hidden_4.yaml")).source == "hidden_4.mcap"
    assert figures["overall"]["prediction_ratio"] > 2.0
