"""Steering brings an ideal robot to its stance, and lets it rest there."""

from __future__ import annotations

from math import cos, hypot, pi, sin

import pytest

from skills.furniture import Point, Pose2D, turn_between
from skills.steering import Steering, SteeringLimits, Velocity

DT = 0.02
LIMITS = SteeringLimits()


class IdealRobot:
    """A point that follows velocity commands within its acceleration."""

    def __init__(self, pose: Pose2D, acceleration: float = 2.0) -> None:
        self.pose = pose
        self.velocity: Velocity = (0.0, 0.0, 0.0)
        self._step = acceleration * DT

    def follow(self, command: Velocity) -> None:
        vx, vy, wz = (
            now + max(-self._step, min(self._step, goal - now))
            for now, goal in zip(self.velocity, command, strict=True)
        )
        self.velocity = (vx, vy, wz)
        yaw = self.pose.yaw
        self.pose = Pose2D(
            x=self.pose.x + (cos(yaw) * vx - sin(yaw) * vy) * DT,
            y=self.pose.y + (sin(yaw) * vx + cos(yaw) * vy) * DT,
            yaw=yaw + wz * DT,
        )


def walk(
    robot: IdealRobot, steering: Steering, seconds: float
) -> list[tuple[Pose2D, Velocity]]:
    history = []
    for _ in range(round(seconds / DT)):
        command = steering.step(robot.pose, DT)
        robot.follow(command)
        history.append((robot.pose, command))
    return history


def off(here: Pose2D, goal: Pose2D) -> float:
    return hypot(goal.x - here.x, goal.y - here.y)


@pytest.mark.parametrize("heading", [-3.0, -1.5, 0.0, 1.3, 3.1])
@pytest.mark.parametrize(
    ("route", "yaw"),
    [
        ([(2.0, 0.0)], 0.0),
        ([(2.0, 0.0)], pi),
        ([(-0.3, 0.2)], 1.0),
        ([(1.0, 1.0), (2.0, -1.0), (3.0, 0.0)], -pi / 2),
        ([(0.05, 0.0), (0.1, 0.0)], -2.0),
    ],
)
def test_it_arrives_and_stands(route: list[Point], yaw: float, heading: float) -> None:
    goal = Pose2D(x=route[-1][0], y=route[-1][1], yaw=yaw)
    robot = IdealRobot(Pose2D(x=0.0, y=0.0, yaw=heading))
    steering = Steering(LIMITS, route, goal)
    history = walk(robot, steering, 30.0)
    assert steering.arrived
    assert [command for _, command in history[-50:]] == [(0.0, 0.0, 0.0)] * 50
    assert off(robot.pose, goal) < LIMITS.leave
    assert abs(turn_between(robot.pose.yaw, yaw)) < LIMITS.leave_yaw


def test_commands_keep_to_the_limits() -> None:
    goal = Pose2D(x=3.0, y=-1.0, yaw=2.0)
    robot = IdealRobot(Pose2D(x=0.0, y=0.0, yaw=1.0))
    steering = Steering(LIMITS, [(1.0, 1.0), (3.0, -1.0)], goal)
    before: Velocity = (0.0, 0.0, 0.0)
    fastest = 0.0
    for here, (vx, vy, wz) in walk(robot, steering, 30.0):
        fastest = max(fastest, vx)
        assert abs(vx) <= LIMITS.forward and abs(vy) <= LIMITS.sideways
        assert abs(wz) <= LIMITS.turn
        if off(here, goal) < LIMITS.near - 0.2:  # it has slowed down by then
            assert abs(vx) <= LIMITS.approach + 1e-9
        if (vx, vy, wz) != (0.0, 0.0, 0.0):  # on arrival it stops at once
            assert abs(vx - before[0]) <= LIMITS.acceleration * DT + 1e-9
            assert abs(vy - before[1]) <= LIMITS.acceleration * DT + 1e-9
            assert abs(wz - before[2]) <= LIMITS.turn_acceleration * DT + 1e-9
        before = (vx, vy, wz)
    assert fastest > 0.65


def test_the_first_command_of_a_straight_way_by_hand() -> None:
    goal = Pose2D(x=5.0, y=0.0, yaw=0.0)
    steering = Steering(LIMITS, [(5.0, 0.0)], goal)
    here = Pose2D(x=0.0, y=0.0, yaw=0.0)
    # From rest it gains 1.0 m/s^2 * 0.02 s in every tick, up to 0.7 m/s.
    assert steering.step(here, DT) == pytest.approx((0.02, 0.0, 0.0))
    assert steering.step(here, DT) == pytest.approx((0.04, 0.0, 0.0))
    for _ in range(50):
        velocity = steering.step(here, DT)
    assert velocity == pytest.approx((0.7, 0.0, 0.0))


def test_what_lies_behind_is_turned_to_before_walking() -> None:
    goal = Pose2D(x=-5.0, y=0.1, yaw=0.0)
    steering = Steering(LIMITS, [(-5.0, 0.1)], goal)
    for _ in range(100):
        velocity = steering.step(Pose2D(x=0.0, y=0.0, yaw=0.0), DT)
    assert velocity == pytest.approx((0.0, 0.0, LIMITS.turn))


def test_a_small_error_is_walked_at_the_slowest_speed_worth_a_step() -> None:
    goal = Pose2D(x=0.06, y=0.0, yaw=0.0)
    steering = Steering(LIMITS, [(0.06, 0.0)], goal)
    for _ in range(20):
        velocity = steering.step(Pose2D(x=0.0, y=0.0, yaw=0.0), DT)
    assert velocity == pytest.approx((LIMITS.slowest, 0.0, 0.0))
    turning = Steering(LIMITS, [(0.0, 0.0)], Pose2D(x=0.0, y=0.0, yaw=-0.06))
    for _ in range(20):
        velocity = turning.step(Pose2D(x=0.0, y=0.0, yaw=0.0), DT)
    assert velocity == pytest.approx((0.0, 0.0, -LIMITS.slowest_turn))


@pytest.mark.parametrize(
    ("x", "yaw", "stays"),
    [(0.06, 0.0, True), (0.09, 0.0, False), (0.0, 0.07, True), (0.0, -0.09, False)],
)
def test_once_arrived_a_small_drift_is_let_be(
    x: float, yaw: float, stays: bool
) -> None:
    goal = Pose2D(x=0.0, y=0.0, yaw=0.0)
    steering = Steering(LIMITS, [(0.0, 0.0)], goal)
    assert steering.step(goal, DT) == (0.0, 0.0, 0.0)
    assert steering.arrived
    drifted = Pose2D(x=x, y=0.0, yaw=yaw)
    velocity = steering.step(drifted, DT)
    assert steering.arrived is stays
    assert (velocity == (0.0, 0.0, 0.0)) is stays
    walk(robot := IdealRobot(drifted), steering, 5.0)
    assert steering.arrived
    assert off(robot.pose, goal) < LIMITS.leave


def test_the_same_drift_is_too_much_for_a_first_arrival() -> None:
    steering = Steering(LIMITS, [(0.0, 0.0)], Pose2D(x=0.0, y=0.0, yaw=0.0))
    steering.step(Pose2D(x=0.06, y=0.0, yaw=0.0), DT)
    assert not steering.arrived


def test_pushed_far_away_it_comes_back() -> None:
    goal = Pose2D(x=0.0, y=0.0, yaw=0.0)
    steering = Steering(LIMITS, [(0.0, 0.0)], goal)
    steering.step(goal, DT)
    robot = IdealRobot(Pose2D(x=1.0, y=-0.7, yaw=2.0))
    steering.step(robot.pose, DT)
    assert not steering.arrived
    walk(robot, steering, 20.0)
    assert steering.arrived and off(robot.pose, goal) < LIMITS.leave
