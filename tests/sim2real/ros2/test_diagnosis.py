"""What /diagnostics says."""

from __future__ import annotations

from configs.loader import load_robot, load_scene
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot import JointCommand
from sim2real.ros2.diagnosis import Level, diagnose, diagnose_slot
from sim2real.ros2.slot import Slot
from tests.sim2real.ros2.loopback import MS, Loopback


def test_a_topic_that_never_came_is_an_error() -> None:
    found = diagnose_slot(Slot("odom"), 0)
    assert (found.name, found.level, found.text) == (
        "odom",
        Level.ERROR,
        "nothing came",
    )


def test_a_topic_that_fell_silent_is_an_error() -> None:
    slot: Slot[object] = Slot("odom")
    slot.put("value", 1, 0)
    found = diagnose_slot(slot, 2500 * MS)
    assert (found.level, found.text) == (Level.ERROR, "silent for 2.5 s")


def test_refusals_are_a_warning_with_their_reason() -> None:
    slot: Slot[object] = Slot("imu/data")
    slot.put("value", 1, 0)
    slot.refuse("no orientation")
    found = diagnose_slot(slot, 10 * MS)
    assert found.level is Level.WARN
    assert found.text.endswith("no orientation")
    assert found.values["refused"] == "1"


def test_a_sender_that_breaks_its_promise_is_a_warning() -> None:
    slot: Slot[object] = Slot("joint_states")
    slot.break_promise(2)
    slot.break_promise(0)  # a sender that came
    slot.clear()  # a reset forgets messages, not that
    slot.put("value", 1, 0)
    found = diagnose_slot(slot, 10 * MS)
    assert found.level is Level.WARN
    assert found.text.endswith("the sender broke 2 promises (qos_deadline_s)")
    assert found.values["broken_promises"] == "2"


def test_the_loop_reports_percentiles() -> None:
    robot = load_robot()
    link = Loopback(robot, load_scene("kitchen"))
    backend = Ros2Backend(
        robot, load_scene("kitchen"), link=link, inbox=link.inbox, clock=link.clock
    )
    backend.reset(1)
    for _ in range(5):
        backend.step(
            JointCommand(
                joint_pos=robot.default_joint_pos,
                stiffness=robot.stiffness,
                damping=robot.damping,
            )
        )
    loop, *topics = diagnose(backend, mode="standing", reaction="ok")
    assert (loop.level, loop.text) == (Level.OK, "standing")
    assert loop.values["ticks"] == "5"
    assert loop.values["state_to_command_p99_ms"] == "0.000"
    assert [t.name for t in topics] == ["joint_states", "imu/data", "odom", "objects"]
    backend.punctuality.late = 3
    [late, *_] = diagnose(backend, mode="task", reaction="ok")
    assert (late.level, late.text) == (
        Level.WARN,
        "task; 60.00 % of commands were late",
    )
