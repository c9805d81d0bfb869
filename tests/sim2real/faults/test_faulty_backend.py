"""The faulty wire: what goes in and comes out once a fault has begun."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sin

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.faults.catalogue import CASES
from sim2real.faults.fault import Fault
from sim2real.faults.faulty_backend import FaultyBackend
from sim2real.faults.of_commands import (
    GainsZeroed,
    Hijacked,
    MotorDead,
    OperatorGone,
    PolicyNotANumber,
    PolicySlow,
    Silent,
)
from sim2real.faults.of_states import (
    Bursts,
    ClockBack,
    Duplicated,
    FrozenImu,
    ImuJump,
    JointMissing,
    JointOutOfRange,
    Late,
    NotANumber,
    Reordered,
    Stopped,
)
from sim2real.faults.of_the_world import ObjectGone, Pushed
from sim2real.guard import GuardConfig
from sim2real.hazards import Hazard, Reaction
from sim2real.robot import BackendError, JointCommand, RobotState
from sim2real.rotations import project_gravity

DT = 0.02
BEGINS = 0.1


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def wire(robot: RobotConfig) -> Callable[[Fault], FaultyBackend]:
    def make(fault: Fault) -> FaultyBackend:
        backend = make_backend("fake", robot, load_scene("kitchen"))
        # A robot that pretends cannot be judged by where its masses are.
        config = GuardConfig(lost_point=inf, lost_tilt=inf)
        wire = FaultyBackend(backend, fault, BEGINS, config)
        wire.reset(0)
        return wire

    return make


def drive(wire: FaultyBackend, ticks: int) -> list[RobotState]:
    robot = wire.robot
    stand = JointCommand(
        joint_pos=robot.default_joint_pos + 0.01,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    return [wire.step(stand) for _ in range(ticks)]


def test_without_a_fault_the_wire_changes_nothing(wire, robot):
    bare = make_backend("fake", robot, load_scene("kitchen"))
    bare.reset(0)
    through = wire(Fault())
    stand = JointCommand(
        joint_pos=robot.default_joint_pos + 0.01,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    for state in drive(through, 20):
        assert_array_equal(state.joint_pos, bare.step(stand).joint_pos)
    health = through.health()
    assert health.state_age_s == 0.0
    assert (health.duplicates, health.reordered, health.refused) == (0, 0, 0)
    assert list(through.objects()) == list(bare.objects())


def test_a_wire_that_was_not_reset_says_so(robot):
    backend = make_backend("fake", robot, load_scene("empty"))
    with pytest.raises(BackendError, match="call reset first"):
        drive(FaultyBackend(backend, Fault(), BEGINS), 1)


def test_a_stream_that_stops_repeats_its_last_state_and_ages(wire):
    stopped = wire(Stopped())
    states = drive(stopped, 10)
    assert [round(s.time / DT) for s in states] == [1, 2, 3, 4] + [4] * 6
    assert stopped.health().state_age_s == pytest.approx(0.12)


def test_late_states_are_old_when_they_come(wire):
    late = wire(Late(2))
    states = drive(late, 10)
    assert round(states[-1].time / DT) == 8
    assert late.health().state_age_s == pytest.approx(0.04)


def test_bursts_come_all_at_once(wire):
    bursts = wire(Bursts(3))
    ticks = [round(s.time / DT) for s in drive(bursts, 10)]
    assert ticks == [1, 2, 3, 4, 4, 4, 7, 7, 7, 10]


@pytest.mark.parametrize(
    ("fault", "field", "count"),
    [
        (Duplicated, "duplicates", 12),
        (Reordered, "reordered", 5),
        (NotANumber, "refused", 6),
        (JointMissing, "refused", 6),
    ],
)
def test_odd_messages_are_counted(wire, fault, field, count):
    odd = wire(fault())
    drive(odd, 10)
    assert getattr(odd.health(), field) == count


def test_a_clock_that_jumps_back_does_not_turn_time_back(wire):
    back = wire(ClockBack(2.0))
    times = [s.time for s in drive(back, 10)]
    assert np.diff(times) == pytest.approx([DT] * 9)
    assert back.health().clock_jumps == 1


def test_sensors_lie_as_they_are_told(wire):
    frozen = drive(wire(FrozenImu()), 10)
    assert_array_equal(frozen[-1].base_quat_wxyz, frozen[5].base_quat_wxyz)
    jumped = drive(wire(ImuJump(0.2)), 10)
    gravity = project_gravity(jumped[-1].base_quat_wxyz)
    assert gravity[0] == pytest.approx(sin(0.2))
    beyond = drive(wire(JointOutOfRange(3, 3.4)), 10)
    assert beyond[-1].joint_pos[3] == 3.4


def test_a_hijacker_is_refused(wire, robot):
    hijacked = wire(Hijacked())
    states = drive(hijacked, 20)
    assert hijacked.health().other_commanders == ("hijacker",)
    assert hijacked.gate.refused["hijacker"] == 15
    elbow = robot.joint_names.index("left_elbow_joint")
    assert states[-1].joint_pos[elbow] < -0.8  # theirs was zero


def test_the_robot_stands_by_itself_when_commands_stop(wire):
    silent = wire(Silent())
    drive(silent, 15)
    assert silent.gate.reaction is Reaction.STAND
    assert silent.stood_in_at == pytest.approx(BEGINS + 0.12)


def test_the_robot_stands_by_itself_without_anybody_on_our_side(wire):
    alone = wire(Fault())
    drive(alone, 5)
    for _ in range(10):
        alone.idle()
    assert alone.gate.reaction is Reaction.STAND


def test_time_goes_by_while_a_policy_computes(wire):
    fault = PolicySlow(0.1)
    slow = wire(fault)
    drive(slow, 5)
    fault.targets(np.zeros(2), np.ones(2))
    state = drive(slow, 1)[0]
    assert state.time == pytest.approx(0.1 + 0.1 + DT)


def test_policies_give_what_they_are_told():
    pos, gains = np.ones(2), np.full(2, 40.0)
    assert np.isnan(PolicyNotANumber().targets(pos, gains)[0]).all()
    assert_array_equal(GainsZeroed().targets(pos, gains)[1], 0.0)


def test_a_dead_motor_has_no_gain_and_no_torque(wire, robot):
    fault = MotorDead(3)
    drive(wire(fault), 6)
    stand = JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    sent = fault.motors(stand)
    assert sent.stiffness[3] == 0.0
    assert sent.stiffness[4] == 40.0


def test_the_operators_heartbeat_ages(wire):
    gone = wire(OperatorGone())
    drive(gone, 10)
    assert gone.health().heartbeat_age_s == pytest.approx(0.12)


def test_an_object_is_hidden_once_the_fault_begins(wire):
    hiding = wire(ObjectGone("cup"))
    drive(hiding, 3)
    assert "cup" in hiding.objects()
    drive(hiding, 5)
    assert "cup" not in hiding.objects()


def test_a_push_comes_once(wire):
    pushes = []
    pushed = wire(Pushed((0.5, 0.0, 0.0)))
    pushed.inner.push = pushes.append
    drive(pushed, 10)
    assert [list(push) for push in pushes] == [[0.5, 0.0, 0.0]]


def test_the_matrix_has_every_kind_of_fault_and_no_name_twice(robot):
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert len({case.what for case in CASES}) >= 16
    hazards = {hazard.value for hazard in Hazard}
    others = {"", "runner", "planner", "command watchdog"}
    for case in CASES:
        assert case.expected.detected_by in hazards | others, case.name
        assert isinstance(case.make(robot), Fault)
