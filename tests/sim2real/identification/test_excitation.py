"""The plan keeps a robot within its limits, and says what it does when."""

from __future__ import annotations

import numpy as np
import pytest

from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from sim2real.identification.excitation import plan_excitation
from sim2real.identification.phases import phases_as_text, phases_from_text
from sim2real.identification.poses import hoisted_pose


def test_targets_stay_inside_the_range_and_below_the_speed_limits(
    robot: RobotConfig,
) -> None:
    plan = plan_excitation(robot, seed=1)
    time = np.arange(0.0, plan.duration, 0.02)
    targets = np.array([plan.command(t).joint_pos for t in time])
    low, high = robot.joint_range.T
    assert (targets >= low).all() and (targets <= high).all()
    speed = np.abs(np.diff(targets, axis=0)).max(axis=0) / 0.02
    assert (speed < 0.5 * robot.velocity_limit).all()
    assert speed.max() < 2.0


def test_every_joint_is_swept_for_the_fit_and_again_for_judging(
    robot: RobotConfig,
) -> None:
    phases = plan_excitation(robot, seed=1).phases
    for held_out in (False, True):
        moved = {j for p in phases if p.held_out == held_out for j in p.joints}
        assert moved == set(robot.joint_names)


def test_only_the_joints_of_a_phase_move_in_it_and_nothing_before_it(
    robot: RobotConfig,
) -> None:
    plan = plan_excitation(robot, seed=1, groups=["legs"])
    phase = plan.phases[0]
    times = np.arange(phase.start_s, phase.end_s, 0.1)
    targets = np.array([plan.command(t).joint_pos for t in times])
    moved = np.ptp(targets, axis=0) > 0.0
    names = {n for n, m in zip(robot.joint_names, moved, strict=True) if m}
    assert names == set(robot.joints_of("legs"))
    still = [plan.command(phase.start_s - t).joint_pos for t in (0.02, 0.7, 1.4)]
    assert np.ptp(still, axis=0).max() == 0.0


def test_two_plans_of_one_seed_are_the_same_and_of_two_are_not(
    robot: RobotConfig,
) -> None:
    first, again, other = (plan_excitation(robot, seed=s) for s in (1, 1, 2))
    at = first.phases[0].start_s + 3.0
    assert (first.command(at).joint_pos == again.command(at).joint_pos).all()
    assert (first.command(at).joint_pos != other.command(at).joint_pos).any()


def test_a_group_that_does_not_exist_is_refused(robot: RobotConfig) -> None:
    with pytest.raises(ConfigError, match=r"no group 'tail' .* Known: legs, arms"):
        plan_excitation(robot, seed=1, groups=["tail"])


def test_the_hoisted_pose_mirrors_left_and_right_and_keeps_room() -> None:
    robot = load_robot()
    pose = dict(zip(robot.joint_names, hoisted_pose(robot), strict=True))
    assert pose["left_hip_roll_joint"] == 0.35 == -pose["right_hip_roll_joint"]
    assert pose["left_knee_joint"] == pose["right_knee_joint"] == 0.6
    # Fingers that only close stand in the middle of their range.
    assert pose["left_hand_thumb_2_joint"] == pytest.approx(1.74533 / 2, abs=0.4)


def test_phases_survive_the_metadata_of_a_log(robot: RobotConfig) -> None:
    phases = plan_excitation(robot, seed=1).phases
    assert phases_from_text(phases_as_text(phases), "a.mcap") == phases


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "a.mcap: says nothing of an excitation"),
        ("[]", "a.mcap: its excitation has no phases"),
        ("[{}]", r"a.mcap: its excitation cannot be read \(0.name: Field required\)"),
        (
            '[{"name": "x", "joints": [], "start_s": 2, "end_s": 1}]',
            r"phase x must end after 2.0 s, not at 1.0 s",
        ),
    ],
)
def test_metadata_without_a_usable_excitation_is_refused(
    text: str | None, line: str
) -> None:
    with pytest.raises(ConfigError, match=line):
        phases_from_text(text, "a.mcap")


def test_a_smaller_size_makes_smaller_swings_and_no_size_is_refused() -> None:
    robot = load_robot()
    whole, half = (
        plan_excitation(robot, seed=1, groups=["wrists"], size=size)
        for size in (1.0, 0.5)
    )
    middle = whole.stretches[0].motion(0.0)
    for time in (1.0, 2.5, 5.0):
        swings = [plan.stretches[0].motion(time) - middle for plan in (whole, half)]
        np.testing.assert_allclose(swings[1], 0.5 * swings[0], atol=1e-12)
        assert np.abs(swings[0]).max() > 0.01
    with pytest.raises(ConfigError, match="size 0 of the swings: expected more than 0"):
        plan_excitation(robot, seed=1, size=0.0)
