"""Pacing by deadline, on a clock that only moves when told."""

from __future__ import annotations

import pytest

from configs.loader import load_robot, load_scene
from sim2real.backends import fake_backend, mujoco_backend
from sim2real.backends.pace import Pace
from sim2real.robot import JointCommand


class Clock:
    """Stands still until somebody works or sleeps."""

    def __init__(self) -> None:
        """Begin anywhere but at zero."""
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(0.02, clock=lambda: clock.now, sleep=clock.sleep)


def test_the_time_spent_computing_counts(clock, pace):
    for _ in range(3):
        clock.now += 0.005
        pace.wait()
    assert clock.slept == pytest.approx([0.015] * 3)
    assert clock.now == pytest.approx(100.06)


def test_a_late_tick_does_not_sleep_and_is_not_caught_up(clock, pace):
    clock.now += 0.05
    pace.wait()
    assert clock.slept == []
    pace.wait()
    assert clock.slept == pytest.approx([0.02])


def test_a_start_counts_from_now(clock, pace):
    clock.now += 5.0
    pace.start()
    pace.wait()
    assert clock.slept == pytest.approx([0.02])


@pytest.mark.parametrize(
    ("module", "name"),
    [(mujoco_backend, "MujocoBackend"), (fake_backend, "FakeBackend")],
)
def test_a_realtime_backend_takes_a_control_period_a_step(
    clock, monkeypatch, module, name
):
    monkeypatch.setattr(
        module, "Pace", lambda period: Pace(period, lambda: clock.now, clock.sleep)
    )
    robot = load_robot()
    backend = getattr(module, name)(robot, load_scene("empty"), realtime=True)
    clock.now += 3.0  # building takes its time
    backend.reset(seed=0)
    stand = JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    for _ in range(5):
        backend.step(stand)
    assert clock.slept == pytest.approx([0.02] * 5)
