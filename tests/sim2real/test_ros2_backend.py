"""The backend over ROS 2, with plain messages in place of ROS and its own clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig, SceneConfig
from sim2real.backends.fake_backend import FakeBackend
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot import BackendError, JointCommand
from sim2real.ros2.inbox import Inbox
from tests.sim2real.ros2.loopback import MS, Loopback


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def scene() -> SceneConfig:
    return load_scene("kitchen")


@pytest.fixture
def link(robot: RobotConfig, scene: SceneConfig) -> Loopback:
    return Loopback(robot, scene)


def backend_on(link: Loopback, **options: object) -> Ros2Backend:
    scene = load_scene("kitchen")
    return Ros2Backend(
        link.robot.robot,
        scene,
        link=link,
        inbox=link.inbox,
        clock=link.clock,
        **options,  # type: ignore[arg-type]
    )


def hold(robot: RobotConfig, more: float = 0.0) -> JointCommand:
    return JointCommand(
        joint_pos=robot.default_joint_pos + more,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )


def test_a_run_has_the_periods_of_the_robot(link: Loopback, robot: RobotConfig) -> None:
    backend = backend_on(link)
    times = [backend.reset(1).time]
    times += [backend.step(hold(robot)).time for _ in range(5)]
    assert_allclose(times, [0.0, 0.02, 0.04, 0.06, 0.08, 0.10], atol=1e-9)
    assert len(link.sent) == 5


def test_a_command_carries_the_stamp_of_the_state_it_answers(
    link: Loopback, robot: RobotConfig
) -> None:
    backend = backend_on(link)
    backend.reset(1)
    answered = backend.stamp_ns
    backend.step(hold(robot))
    assert link.sent[-1][1] == answered
    assert backend.stamp_ns == answered + 20 * MS


def test_lockstep_is_the_very_run_of_the_robot_itself(
    link: Loopback, robot: RobotConfig, scene: SceneConfig
) -> None:
    link.lockstep = True
    backend, alone = backend_on(link, lockstep=True), FakeBackend(robot, scene)
    through, direct = backend.reset(1), alone.reset(1)
    for i in range(30):
        command = hold(robot, 0.01 * i)
        through, direct = backend.step(command), alone.step(command)
        assert through.time == direct.time  # to the bit: counted in ticks
        assert_array_equal(through.joint_pos, direct.joint_pos)
        assert_array_equal(through.base_quat_wxyz, direct.base_quat_wxyz)
        assert_allclose(through.base_lin_vel_w, direct.base_lin_vel_w, atol=1e-12)
    for name, thing in alone.objects().items():
        assert_array_equal(backend.objects()[name].pos_w, thing.pos_w)


def test_a_late_state_is_returned_once_more_and_its_age_is_told(
    link: Loopback, robot: RobotConfig
) -> None:
    backend = backend_on(link)
    backend.reset(1)
    before = backend.step(hold(robot))
    link.silent = True
    again = backend.step(hold(robot))
    assert again.time == before.time
    assert backend.health().state_age_s >= 0.02


def test_a_robot_that_is_gone_ends_the_run(link: Loopback, robot: RobotConfig) -> None:
    backend = backend_on(link, lost_s=0.1)
    backend.reset(1)
    link.silent = True
    with pytest.raises(BackendError, match=r"no joint_states for 0\.1\d s"):
        for _ in range(10):
            backend.step(hold(robot))


def test_a_clock_that_is_set_back_is_noted_and_time_goes_on(
    link: Loopback, robot: RobotConfig
) -> None:
    backend = backend_on(link)
    backend.reset(1)
    backend.step(hold(robot))
    link.shift = -900 * MS
    times = [backend.step(hold(robot)).time for _ in range(4)]
    assert all(np.diff([0.02, *times]) >= 0.0)
    assert times[-1] >= 0.06
    assert backend.health().clock_jumps == 1


def test_without_a_state_reset_says_what_lacks(link: Loopback) -> None:
    link.silent = True
    backend = backend_on(link, begin_s=0.1)
    with pytest.raises(BackendError, match=r"in 0\.1 s: no joint_states came"):
        backend.reset(1)


def test_in_lockstep_a_silent_simulation_is_named(
    link: Loopback, robot: RobotConfig
) -> None:
    link.lockstep = True
    backend = backend_on(link, lockstep=True)
    backend.reset(1)
    link.silent = True
    with pytest.raises(BackendError, match="did not answer a command in 10 s"):
        backend.step(hold(robot))


def test_a_simulation_can_be_begun_anew(link: Loopback, robot: RobotConfig) -> None:
    backend = backend_on(link, restarts=True)
    backend.reset(3)
    backend.step(hold(robot))
    assert backend.reset(4).time == 0.0
    assert link.begun_with == [3, 4]


def test_a_simulation_that_refuses_is_an_error(link: Loopback) -> None:
    link.restart_world = lambda seed, deadline_ns: "no"  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="does not begin anew: no"):
        backend_on(link, restarts=True).reset(1)


def test_close_leaves_the_robot_damped(link: Loopback, robot: RobotConfig) -> None:
    backend = backend_on(link)
    backend.reset(1)
    backend.step(hold(robot))
    backend.close()
    limp, _ = link.sent[-1]
    assert_array_equal(limp.stiffness, 0.0)
    assert (limp.damping > 0.0).all()
    assert link.closed


def test_close_sends_nothing_to_a_robot_that_was_only_listened_to(
    link: Loopback,
) -> None:
    backend = backend_on(link)
    backend.reset(1)
    backend.close()
    assert not link.sent
    assert link.closed


def test_a_step_before_the_reset_is_an_error(
    link: Loopback, robot: RobotConfig
) -> None:
    with pytest.raises(BackendError, match="call reset first"):
        backend_on(link).step(hold(robot))


def test_what_is_published_beside_commands_comes_after_them(
    link: Loopback, robot: RobotConfig
) -> None:
    backend = backend_on(link)
    counts: list[int] = []
    backend.after_send.append(lambda: counts.append(len(link.sent)))
    backend.reset(1)
    backend.measure()
    backend.step(hold(robot))
    assert counts == [0, 1]


def test_who_else_commands_is_part_of_health(link: Loopback) -> None:
    link.others = ("/teleop",)
    backend = backend_on(link, heartbeat_age_s=lambda: 0.7)
    backend.reset(1)
    assert backend.health().other_commanders == ("/teleop",)
    assert backend.health().heartbeat_age_s == 0.7


def test_without_ros_one_line_says_how_to_get_it(
    robot: RobotConfig, scene: SceneConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sim2real.ros2.link", "rclpy", "praxis_msgs"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "sim2real.ros2.link")
    with pytest.raises(ConfigError, match="it comes with ROS 2"):
        Ros2Backend(robot, scene)


# --- alone: nobody but the backend looks after the robot ---


@pytest.fixture
def alone(
    link: Loopback, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ros2Backend]:
    """Makes a backend that connects by itself; what it gets is the loopback."""

    def connect(robot: RobotConfig, inbox: Inbox) -> Loopback:
        link.connections += 1
        link.inbox = inbox
        return link

    monkeypatch.setattr("sim2real.backends.ros2_backend.connect", connect)

    def make(**options: object) -> Ros2Backend:
        return Ros2Backend(
            link.robot.robot,
            load_scene("kitchen"),
            clock=link.clock,
            **options,  # type: ignore[arg-type]
        )

    return make


def test_a_robot_that_another_one_commands_is_refused(
    link: Loopback, alone: Callable[..., Ros2Backend]
) -> None:
    link.simulated = True
    link.others = ("/praxis",)
    with pytest.raises(BackendError, match="/praxis commands the robot; end it first"):
        alone().reset(1)
    assert link.begun_with == []  # its world was not begun anew, either


def test_a_simulation_begins_anew_and_says_whether_it_waits(
    link: Loopback, robot: RobotConfig, alone: Callable[..., Ros2Backend]
) -> None:
    link.simulated = link.lockstep = True
    backend = alone()
    assert not backend.lockstep
    backend.reset(3)
    assert link.begun_with == [3]
    assert backend.lockstep
    assert backend.step(hold(robot)).time == 0.02
    assert backend.compute_clock() == 0.0  # nothing is ever late


def test_a_robot_is_no_simulation_and_only_looked_at(
    link: Loopback, alone: Callable[..., Ros2Backend]
) -> None:
    backend = alone()
    assert backend.reset(3).time == 0.0
    assert link.begun_with == []
    assert link.sent == []
    assert link.names == 1
    assert not backend.lockstep


def test_a_closed_backend_connects_again(
    link: Loopback, robot: RobotConfig, alone: Callable[..., Ros2Backend]
) -> None:
    backend = alone()
    backend.reset(1)
    backend.close()
    backend.close()
    with pytest.raises(BackendError, match="call reset first"):
        backend.objects()
    assert backend.reset(1).time == 0.0
    assert link.connections == 2
    backend.step(hold(robot))


def test_the_emergency_stop_ends_the_run_limp(
    link: Loopback, robot: RobotConfig, alone: Callable[..., Ros2Backend]
) -> None:
    backend = alone()
    backend.reset(1)
    backend.step(hold(robot))
    assert backend.emergency_stop() is None  # nobody reports it
    link.inbox.operator.on_emergency_stop(SimpleNamespace(data=True))
    assert backend.emergency_stop() is False
    with pytest.raises(BackendError, match="the emergency stop is pressed"):
        backend.step(hold(robot))
    assert_array_equal(link.sent[-1][0].stiffness, 0.0)


def test_a_robot_that_is_taken_over_is_left_to_its_own_stand(
    link: Loopback, robot: RobotConfig, alone: Callable[..., Ros2Backend]
) -> None:
    backend = alone(takes_over=True)
    link.inbox.operator.on_emergency_stop(SimpleNamespace(data=False))
    assert backend.reset(1).time == 0.0
    assert link.sent == []
    command = hold(robot)
    backend.step(command)
    backend.close()
    assert [sent for sent, _ in link.sent] == [command]  # and no limp one


def test_a_robot_without_an_emergency_stop_is_not_taken_over(
    alone: Callable[..., Ros2Backend],
) -> None:
    with pytest.raises(
        BackendError,
        match="not taken over, check of emergency stop failed: is not reported; connec",
    ):
        alone(takes_over=True).reset(1)


def test_a_robot_with_a_bent_knee_is_not_taken_over(
    link: Loopback, robot: RobotConfig, alone: Callable[..., Ros2Backend]
) -> None:
    backend = alone(takes_over=True)
    link.inbox.operator.on_emergency_stop(SimpleNamespace(data=False))
    bent = link.state.joint_pos.copy()
    bent[robot.joint_names.index("left_knee_joint")] += 0.5
    link.state = replace(link.state, joint_pos=bent)
    with pytest.raises(
        BackendError, match=r"not balance: left_knee_joint is 0\.50 rad from the def"
    ):
        backend.reset(1)
