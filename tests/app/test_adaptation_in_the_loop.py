"""An adapter in the control loop: shown every state, heard before the safety filter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

from app.build import build, read_plan
from app.cli import app
from app.control_loop import Assembly, Episode
from app.options import RunOptions
from configs.loader import load_robot
from sim2real.adaptation.adapter import Estimate, NoAdapter, Quantity
from sim2real.adaptation.choice import Several
from sim2real.identified import describe_parameters, save_identified
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters


class Lift(NoAdapter):
    """Raises every target by 0.01 rad, and keeps what it was shown."""

    def __init__(self) -> None:
        self.resets = 0
        self.shown: list[tuple[RobotState, JointCommand]] = []

    def reset(self, state: RobotState) -> None:
        self.resets += 1

    def observe(self, state: RobotState, command: JointCommand) -> None:
        self.shown.append((state, command))

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        return JointCommand(
            joint_pos=command.joint_pos + 0.01,
            stiffness=command.stiffness,
            damping=command.damping,
        )

    def estimate(self) -> Estimate:
        return Estimate(payload={"right": Quantity(value=0.5, std=0.1)})


class Notes:
    def __init__(self) -> None:
        self.moments: list[object] = []

    def begin(self, *_: object) -> None: ...

    def tick(self, moment: object) -> None:
        self.moments.append(moment)

    def end(self, *_: object) -> None: ...

    def close(self) -> None: ...


def assembled() -> Assembly:
    options = RunOptions(backend="fake", scene="kitchen")
    return build(read_plan("stand", options))


def run(assembly: Assembly):  # type: ignore[no-untyped-def]
    notes = Notes()
    Episode(assembly, 1, observers=[notes]).run()
    return notes.moments


@pytest.fixture(scope="module")
def plain():  # type: ignore[no-untyped-def]
    return run(assembled())


def test_a_run_has_no_adapter_unless_it_is_asked_for(plain) -> None:  # type: ignore[no-untyped-def]
    assert isinstance(assembled().adapter, NoAdapter)
    assert all(moment.snapshot.adaptation is None for moment in plain)
    for before, after in pairwise(plain):
        assert after.snapshot.commanded is before.command.joint_pos


def test_an_adapter_sees_each_state_with_what_led_to_it(plain) -> None:  # type: ignore[no-untyped-def]
    lift = Lift()
    moments = run(replace(assembled(), adapter=lift))
    assert lift.resets == 1
    assert len(lift.shown) == len(moments) - 1
    for (state, command), before, after in zip(
        lift.shown, moments, moments[1:], strict=False
    ):
        assert state is after.snapshot.state
        assert command is before.command


def test_what_an_adapter_adds_is_sent_but_is_no_wish_of_the_skills(plain) -> None:  # type: ignore[no-untyped-def]
    moments = run(replace(assembled(), adapter=Lift()))
    first, second = moments[0], moments[1]
    assert_allclose(
        first.command.joint_pos, plain[0].command.joint_pos + 0.01, atol=1e-12
    )
    assert_allclose(
        second.snapshot.commanded, first.command.joint_pos - 0.01, atol=1e-12
    )


def test_everyone_sees_what_is_estimated() -> None:
    moments = run(replace(assembled(), adapter=Lift()))
    told = moments[-1].snapshot.adaptation
    assert told is not None
    assert told.payload["right"].value == 0.5


def test_the_estimator_is_chosen_on_the_command_line() -> None:
    from sim2real.adaptation.estimating import EstimatingAdapter

    options = RunOptions(backend="fake", adapt="estimator")
    assembly = build(read_plan("stand", options))
    assert isinstance(assembly.adapter, EstimatingAdapter)
    moments = run(assembly)
    assert np.isfinite(moments[-1].command.joint_pos).all()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("magic", "adapt"),
        ("module", "--adapt module: there is no adaptive policy in"),
    ],
)
def test_what_cannot_be_chosen_is_one_line(
    kind: str, sentence: str, tmp_path: Path
) -> None:
    words = ["run", "stand", "--adapt", kind, "--policies", str(tmp_path)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_was_identified_is_compensated_in_a_run(tmp_path: Path) -> None:
    pytest.importorskip("mujoco", reason="a robot that moves")
    from sim2real.adaptation.calibrated_backend import CalibratedBackend
    from sim2real.adaptation.known_robot import KnownRobotAdapter

    robot = load_robot()
    known = RobotParameters.of(robot, {"strength": 0.8, "encoder_bias": 0.01})
    path = tmp_path / "mine.yaml"
    save_identified(path, describe_parameters(robot, known))
    options = RunOptions(identified=str(path), adapt="estimator")
    assembly = build(read_plan("stand", options))
    assert isinstance(assembly.backend, CalibratedBackend)
    assert isinstance(assembly.adapter, Several)
    alone = build(read_plan("stand", RunOptions(identified=str(path))))
    assert isinstance(alone.adapter, KnownRobotAdapter)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--identified", "nobody"], "--identified nobody: there is no file nobody"),
        (["--identified", "mine", "--backend", "fake"], "fake only pretends"),
    ],
)
def test_what_was_not_identified_is_one_line(words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["run", "stand", *words])
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
