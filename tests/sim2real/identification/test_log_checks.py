"""A log that cannot teach anything is refused in one line, before any fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.identification.log_checks import Source, check_sources, read_source
from sim2real.identification.phases import KEY, Phase, phases_from_text
from sim2real.identification.windows import cut
from sim2real.robot_log import RobotLog, RobotLogWriter

MakeLog = Callable[..., RobotLog]


def source(log: RobotLog, phases: tuple[Phase, ...] | None = None) -> Source:
    told = phases_from_text(log.metadata[KEY], str(log.path))
    return Source(log=log, phases=told if phases is None else phases)


def refuse(robot: RobotConfig, one: Source, line: str) -> None:
    with pytest.raises(ConfigError, match=line) as error:
        check_sources(robot, [one])
    assert "\n" not in str(error.value)


def test_a_good_log_passes(robot: RobotConfig, make_log: MakeLog) -> None:
    check_sources(robot, [source(make_log())])


def test_a_log_that_ends_within_a_phase_is_too_short(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    rows = log.time < 9.0
    arrays = {
        name: getattr(log, name)[rows]
        for name in vars(log)
        if isinstance(getattr(log, name), np.ndarray)
    }
    short = replace(log, **arrays)
    line = r"too short: it ends at 9.0 s, before the phase 'legs again' does at 10.0 s"
    refuse(robot, source(short), line)


def test_a_log_that_begins_too_late_is_refused(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    late = replace(log, time=log.time + 5.0, command_time=log.command_time + 5.0)
    refuse(robot, source(late), r"begins at 5.0 s, within the phase 'legs'")


def test_dropped_messages_are_refused(robot: RobotConfig, make_log: MakeLog) -> None:
    refuse(robot, source(make_log(dropped=3)), "3 messages were dropped")


def test_a_joint_that_hardly_moves_is_too_little(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    knee = robot.joint_names.index("left_knee_joint")
    pos = log.joint_pos.copy()
    pos[:, knee] = 0.6 + 0.01 * (pos[:, knee] - 0.6)
    line = r"left_knee_joint moves by 0.0\d+ rad in the phase 'legs', too little"
    refuse(robot, source(replace(log, joint_pos=pos)), line)


def test_a_constant_encoder_is_refused(robot: RobotConfig, make_log: MakeLog) -> None:
    log = make_log()
    pos = log.joint_pos.copy()
    pos[:, 3] = 0.6
    line = "the position of left_knee_joint is 0.6 throughout"
    refuse(robot, source(replace(log, joint_pos=pos)), line)


def test_clipped_commands_are_refused(robot: RobotConfig, make_log: MakeLog) -> None:
    log = make_log()
    targets = log.command_pos.copy()
    targets[:, 5] = np.clip(8 * targets[:, 5], *robot.joint_range[5])
    line = r"targets of left_ankle_roll_joint lie at a limit of its range"
    refuse(robot, source(replace(log, command_pos=targets)), line)


def test_a_log_without_velocities_is_refused(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    bare = replace(log, streams=log.streams - {"velocity"})
    refuse(robot, source(bare), "holds no velocity")


def test_joints_of_another_robot_are_refused(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    phases = (Phase(name="tail", joints=("tail_joint",), start_s=2.0, end_s=6.0),)
    line = r"phase 'tail' moves tail_joint, which g1_dex3 lacks"
    refuse(robot, source(log, phases), line)


@pytest.mark.parametrize(
    ("held_out", "line"),
    [(True, "no sweep that a fit may see"), (False, "keeps no sweep apart")],
)
def test_sweeps_must_be_both_for_the_fit_and_for_judging(
    robot: RobotConfig, make_log: MakeLog, held_out: bool, line: str
) -> None:
    log = make_log()
    phases = tuple(
        phase.model_copy(update={"held_out": held_out}) for phase in source(log).phases
    )
    refuse(robot, source(log, phases), line)


def test_gains_that_change_within_a_phase_are_refused(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    stiffness = log.command_stiffness.copy()
    stiffness[200:, 3] *= 0.5
    changed = replace(log, command_stiffness=stiffness)
    phase = source(changed).phases[0]
    line = r"the stiffness of left_knee_joint changes within the phase 'legs'"
    with pytest.raises(ConfigError, match=line):
        cut(changed, robot, phase, phase.joints)


def test_a_phase_without_commands_or_readings_is_refused(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    phase = source(log).phases[0]
    mute = replace(
        log,
        command_time=log.command_time[:0],
        command_pos=log.command_pos[:0],
        command_stiffness=log.command_stiffness[:0],
        command_damping=log.command_damping[:0],
    )
    with pytest.raises(ConfigError, match=r"no command was logged before the phase"):
        cut(mute, robot, phase, phase.joints)
    later = phase.model_copy(update={"start_s": 50.0, "end_s": 60.0})
    with pytest.raises(ConfigError, match=r"before the phase 'legs' has begun"):
        cut(log, robot, later, phase.joints)


def test_a_file_that_is_no_excitation_is_refused(
    robot: RobotConfig, make_log: MakeLog, tmp_path: Path
) -> None:
    path, log = tmp_path / "walk.mcap", make_log()
    with RobotLogWriter(path, robot, control_dt=0.02) as writer:
        for row in range(5):
            writer.write_state(log.state(row))
            writer.write_command(log.time[row], log.command(row))
    with pytest.raises(ConfigError, match=r"walk.mcap: says nothing of an excitation"):
        read_source(path, robot)


# --- on the ground ------------------------------------------------------------------


def squats(log: RobotLog) -> Source:
    phase = Phase(
        name="squats", joints=(), start_s=2.0, end_s=6.0, held_out=True, on="ground"
    )
    return Source(log=log, phases=(phase,))


def test_a_log_of_the_ground_judges_but_is_nothing_to_fit(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    ground = squats(make_log())
    check_sources(robot, [source(make_log()), ground])
    refuse(robot, ground, "holds no sweep that a fit may see")


def test_a_log_of_the_ground_needs_efforts(
    robot: RobotConfig, make_log: MakeLog
) -> None:
    log = make_log()
    bare = replace(log, streams=log.streams - {"effort"})
    refuse(robot, squats(bare), "holds no effort")
