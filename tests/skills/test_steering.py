"""Steering brings an ideal robot to its stance, and lets it rest there."""

from __future__ import annotations

from math import cos, hypot, pi, sin

import pytest

from skills.furniture import Point, Pose2D, turn_between
from skills.steering import Steering, SteeringLimits, Velocity, Waypoint

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


def test_a_way_walked_backwards_by_hand() -> None:
    goal = Pose2D(x=-2.0, y=1.0, yaw=0.0)
    steering = Steering(LIMITS, [Waypoint(-2.0, 1.0, 0.0)], goal)
    for _ in range(30):
        velocity = steering.step(Pose2D(x=0.0, y=0.0, yaw=0.1), DT)
    # Two to one, as the way is, with 0.25 m/s to the side; seen from a robot that is
    # turned by 0.1 rad it is -1.890 m ahead and 1.195 m to the left.
    assert velocity == pytest.approx((-0.25 * 1.890 / 1.195, 0.25, -0.12), abs=1e-3)


def test_pushed_away_while_it_turns_it_comes_back_and_turns_on() -> None:
    goal = Pose2D(x=0.0, y=0.0, yaw=3 * pi)
    steering = Steering(LIMITS, [Waypoint(0.0, 0.0, 0.0)], goal, turned_from=0.0)
    robot = IdealRobot(Pose2D(x=0.0, y=0.0, yaw=0.0))
    walk(robot, steering, 8.0)
    robot.pose = Pose2D(x=1.0, y=-0.5, yaw=robot.pose.yaw)
    assert steering.left(robot.pose)[1] > pi
    walk(robot, steering, 20.0)
    assert steering.arrived
    assert off(robot.pose, goal) < LIMITS.leave
    assert robot.pose.yaw == pytest.approx(3 * pi, abs=LIMITS.leave_yaw)


def test_what_is_left_counts_whole_turns_only_if_asked_to() -> None:
    here, goal = Pose2D(x=1.0, y=2.0, yaw=0.5), Pose2D(x=4.0, y=6.0, yaw=0.5 + 4 * pi)
    steering = Steering(LIMITS, [(4.0, 6.0)], goal)
    assert steering.left(here) == pytest.approx((5.0, 0.0))
    full = Steering(LIMITS, [(4.0, 6.0)], goal, turned_from=0.5)
    assert full.left(here) == pytest.approx((5.0, 4 * pi))


def test_a_new_way_is_taken_without_a_jump() -> None:
    steering = Steering(LIMITS, [(5.0, 0.0)], Pose2D(x=5.0, y=0.0, yaw=0.0))
    here = Pose2D(x=0.0, y=0.0, yaw=0.0)
    for _ in range(50):
        steering.step(here, DT)
    steering.reroute([(0.0, 3.0)], Pose2D(x=0.0, y=3.0, yaw=0.0))
    assert steering.left(here) == pytest.approx((3.0, 0.0))
    # It brakes by 1.0 m/s^2 and turns by 2.0 rad/s^2 within the tick.
    assert steering.step(here, DT) == pytest.approx((0.68, 0.0, 0.04))


def test_it_does_not_swing_out_while_it_turns_to_the_way() -> None:
    # The way leads to the left; an arc ahead would lead into what stands there.
    goal = Pose2D(x=0.0, y=3.0, yaw=pi / 2)
    robot = IdealRobot(Pose2D(x=0.0, y=0.0, yaw=0.0))
    history = walk(robot, Steering(LIMITS, [(0.0, 3.0)], goal), 15.0)
    assert max(here.x for here, _ in history) < 0.06
    assert off(robot.pose, goal) < LIMITS.leave


def test_it_slows_down_before_the_stance_is_near() -> None:
    goal = Pose2D(x=3.0, y=0.0, yaw=0.0)
    robot = IdealRobot(Pose2D(x=0.0, y=0.0, yaw=0.0))
    # 0.35 m/s near the stance, and 0.8 m/s more for every metre before.
    for here, (vx, _, _) in walk(
        robot, Steering(LIMITS, [(2.4, 0.0), (3.0, 0.0)], goal), 10.0
    ):
        left = 3.0 - here.x
        assert vx < 0.35 + 0.8 * max(0.0, left - 0.6) + 0.05


def test_a_way_is_stepped_without_turning_where_it_says_so() -> None:
    goal = Pose2D(x=0.0, y=0.5, yaw=0.0)
    route = [Waypoint(-0.3, 0.0, 0.0), Waypoint(-0.3, 0.5, 0.0), Waypoint(0.0, 0.5, 0)]
    robot = IdealRobot(Pose2D(x=0.0, y=0.0, yaw=0.0))
    steering = Steering(LIMITS, route, goal)
    history = walk(robot, steering, 15.0)
    assert steering.arrived and off(robot.pose, goal) < LIMITS.leave
    assert all(abs(here.yaw) < 0.01 for here, _ in history)
    # At the furniture, x > -0.15, it does not move sideways by more than 10 cm.
    assert not [here for here, _ in history if here.x > -0.15 and 0.1 < here.y < 0.4]


def test_a_robot_that_does_not_move_sideways_is_told_to_harder() -> None:
    goal = Pose2D(x=0.0, y=-0.1, yaw=0.0)
    steering = Steering(LIMITS, [(0.0, -0.1)], goal)
    for _ in range(250):  # 5 s on one spot, as under a load
        velocity = steering.step(Pose2D(x=0.0, y=0.0, yaw=0.0), DT)
    assert velocity == pytest.approx((0.0, -0.25, 0.0), abs=0.001)


def test_the_sway_of_the_gait_is_no_reason_to_turn() -> None:
    goal = Pose2D(x=0.0, y=0.3, yaw=0.0)
    steering = Steering(LIMITS, [(0.0, 0.3)], goal)
    for tick in range(100):
        sway = 0.08 * sin(2 * pi * tick * DT / 0.8)  # 5 degrees
        here = Pose2D(x=0.0, y=0.3 * sway, yaw=sway)
        velocity = steering.step(here, DT)
        if tick > 40:
            assert velocity[2] == pytest.approx(0.0, abs=1e-9)
