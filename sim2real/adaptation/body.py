"""Payload and motor strength from gravity: a Kalman filter on what joints must hold.

A drive reports the torque that it believes in; the joint feels `strength` times that.
What the joint must hold follows from the masses of the MJCF, so that

    effort = (holding + payload * holding of a kilogram) / strength,

which is linear in 1 / strength and payload / strength, with the noisy effort on the
left. Legs stand on the ground, whose forces nobody measures: there the virtual work of
lifting the pelvis over feet that stay says the same without them. It says so of both
legs together.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Quantity
from sim2real.adaptation.statics import GRAVITY, Limbs, Load, down_in_base
from sim2real.robot import RobotState
from sim2real.whole_body import WholeBody

Array = NDArray[np.float64]

GROUPS = ("legs", "left_arm", "right_arm", "waist")
SIDES = ("left", "right")
"""The state: 1 / strength of each group (for the waist what all motors share), then
payload / strength of the left and the right hand, then body mass added / strength."""
LEGS, ARM, COMMON, PAYLOAD, BODY, SIZE = 0, 1, 3, 4, 6, 7
_DIAGONAL = np.arange(SIZE)

SHARED_STD, OWN_STD = 0.15, 0.08  # of 1 / strength: of all motors, of one group
PAYLOAD_STD, BODY_STD = 0.6, 1.0  # [kg]
STRENGTH_RANGE = (0.55, 1.25)
PAYLOAD_RANGE = (0.0, 4.0)  # [kg]
BODY_RANGE = (-4.0, 8.0)  # [kg]
# How far they wander in a second.
STRENGTH_DRIFT, PAYLOAD_DRIFT, BODY_DRIFT = 0.004, 0.12, 0.05
# Errors last about this long, so one sample in it counts [s].
CORRELATED_S = 0.7
ARM_NOISE = 0.35  # dry friction, cables, masses [N m]
LIFT_NOISE = 14.0  # [N]
STANDS_BELOW = 0.25  # mean speed of leg joints [rad/s]
SURPRISE = 3.0  # standard deviations beyond which a sample is doubted


class BodyFilter:
    """Strength of legs and arms and payload of the hands, with their covariance."""

    def __init__(self, robot: RobotConfig, sample_s: float) -> None:
        """Read the limbs.

        Args:
            robot: the robot.
            sample_s: time between two samples of the same limbs [s].
        """
        rest = dict(
            zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True)
        )
        place = {name: i for i, name in enumerate(robot.joint_names)}
        sites = robot.sites

        def read(wanted: tuple[str, ...]) -> tuple[Limbs, NDArray[np.intp]]:
            limbs = Limbs(robot.mjcf, robot.base_body, wanted, rest)
            index = [[place[name] for name in names] for names in limbs.joint_names]
            return limbs, np.array(index, np.intp)

        self._legs, self._leg_index = read((sites.left_foot, sites.right_foot))
        self._arms: Limbs | None = None
        if sites.left_grasp is not None and sites.right_grasp is not None:
            self._arms, self._chain_index = read((sites.left_grasp, sites.right_grasp))
            arm = len(robot.joints_of("left_arm"))
            self._arm_index = self._chain_index[:, -arm:]
            self.arm_index = self._arm_index  # places of left and right arm, (2, k)
        body = WholeBody(robot.mjcf, robot.base_body, robot.joint_names, ())
        self._weight = float(body.mass) * GRAVITY  # [N]
        self._inflation = max(1.0, CORRELATED_S / sample_s)
        drifts = [STRENGTH_DRIFT] * 4 + [PAYLOAD_DRIFT] * 2 + [BODY_DRIFT]
        self._drift = sample_s * np.array(drifts) ** 2
        weak, strong = STRENGTH_RANGE
        ranges = [(1 / strong, 1 / weak)] * 4 + [PAYLOAD_RANGE] * 2 + [BODY_RANGE]
        self._low, self._high = np.array(ranges).T
        self.reset()

    def reset(self) -> None:
        """Return to the prior: the nominal robot, with nothing in its hands."""
        self._mean = np.array([1.0] * 4 + [0.0] * 3)
        prior = np.zeros((SIZE, SIZE))
        prior[:PAYLOAD, :PAYLOAD] = SHARED_STD**2
        own = np.arange(COMMON)
        prior[own, own] += OWN_STD**2
        prior[[PAYLOAD, PAYLOAD + 1], [PAYLOAD, PAYLOAD + 1]] = PAYLOAD_STD**2
        prior[BODY, BODY] = BODY_STD**2
        self._prior = np.diag(prior).copy()
        self._covariance = prior
        self.arm_load: Load | None = None  # of the last state that was looked at
        self._seen: tuple[Array, Array, Array] | None = None  # of the arms

    @property
    def has_arms(self) -> bool:
        """Whether the robot has hands that carry something."""
        return self._arms is not None

    def observe_arms(self, state: RobotState) -> None:
        """Compare what the arms hold with what they say they do."""
        self.look_at_arms(state)
        self.learn_from_arms()

    def look_at_arms(self, state: RobotState) -> None:
        """See what the arms hold; `learn_from_arms` takes it, in another tick."""
        if self._arms is None:
            return
        gravity = down_in_base(state.base_quat_wxyz)
        load = self._arms.load(state.joint_pos[self._chain_index], gravity)
        self.arm_load = load
        k = self._arm_index.shape[1]
        effort = state.joint_effort[self._arm_index]
        speed = np.abs(state.joint_vel[self._arm_index])
        shaken = float(np.abs(state.base_ang_vel).sum())
        noise = ARM_NOISE + 0.5 * speed.max(1) + 3.0 * shaken
        rows = np.zeros((2, k, SIZE))
        for side in (0, 1):
            rows[side, :, ARM + side] = load.holding[side, -k:]
            rows[side, :, PAYLOAD + side] = load.tip_holding[side, -k:]
        variance = np.repeat(noise**2, k)
        self._seen = rows.reshape(-1, SIZE), effort.ravel(), variance

    def learn_from_arms(self) -> None:
        """Compare what the arms held when they were looked at with what they said."""
        seen, self._seen = self._seen, None
        if seen is not None:
            self._correct(*seen)

    def observe_legs(self, state: RobotState) -> None:
        """Compare the work of lifting the pelvis with the weight of the robot.

        Only while it stands: a walking robot's efforts, seen once a tick, are not
        their mean.
        """
        speed = float(np.abs(state.joint_vel[self._leg_index]).mean())
        shaken = float(np.abs(state.base_ang_vel).sum())
        if speed > STANDS_BELOW or shaken > 2 * STANDS_BELOW:
            return
        gravity = down_in_base(state.base_quat_wxyz)
        load = self._legs.load(state.joint_pos[self._leg_index], gravity)
        up = np.zeros(6)
        up[:3] = -gravity
        try:
            moved = np.linalg.solve(load.jacobian, np.stack([-up, -up])[..., None])
        except np.linalg.LinAlgError:
            return  # a straight leg cannot be lifted over
        moved = moved[..., 0]
        if np.abs(moved).max() > 20.0:  # nearly straight [rad/m]
            return
        work = float((state.joint_effort[self._leg_index] * moved).sum())
        carried = sum(
            float(self._mean[PAYLOAD + i] / self._mean[ARM + i]) for i in (0, 1)
        )
        row = np.zeros((1, SIZE))
        row[0, LEGS] = (
            self._weight + GRAVITY * carried + float((load.holding * moved).sum())
        )
        row[0, BODY] = GRAVITY
        noise = LIFT_NOISE + 60.0 * speed + 30.0 * shaken
        self._correct(row, np.array([work]), np.array([noise**2]))

    def _correct(self, rows: Array, measured: Array, variance: Array) -> None:
        """Take measurements: measured = rows @ state, with these variances."""
        if not (np.isfinite(rows).all() and np.isfinite(measured).all()):
            return
        covariance = self._covariance
        # Drift stops where the prior is reached, so nothing winds up.
        share = np.maximum(1.0 - covariance.diagonal() / self._prior, 0.0)
        covariance = covariance.copy()
        covariance[_DIAGONAL, _DIAGONAL] += self._drift * share
        surprise = measured - rows @ self._mean
        spread = rows @ covariance @ rows.T
        noise = variance * self._inflation
        size = np.abs(surprise) / np.sqrt(variance + spread.diagonal())
        noise = noise * np.maximum(size / SURPRISE, 1.0) ** 2  # Huber's rule
        spread[np.arange(len(noise)), np.arange(len(noise))] += noise
        gain = np.linalg.solve(spread, rows @ covariance).T
        mean = self._mean + gain @ surprise
        covariance = covariance - gain @ rows @ covariance
        self._mean = np.clip(mean, self._low, self._high)
        self._covariance = 0.5 * (covariance + covariance.T)

    def strength(self) -> dict[str, Quantity]:
        """Return the motors' strength by group; `waist` is what all share."""
        return {name: self.strength_of(i) for i, name in enumerate(GROUPS)}

    def strength_of(self, group: int) -> Quantity:
        """Return the strength of one of `GROUPS`."""
        inverse = float(self._mean[group])
        std = float(self._covariance[group, group]) ** 0.5 / inverse**2
        return Quantity(value=1.0 / inverse, std=std)

    def payload(self) -> dict[str, Quantity]:
        """Return what each hand carries [kg], by side."""
        if self._arms is None:
            return {}
        return {side: self.payload_of(i) for i, side in enumerate(SIDES)}

    def payload_of(self, side: int) -> Quantity:
        """Return what one of `SIDES` carries [kg]."""
        inverse = float(self._mean[ARM + side])
        value = float(self._mean[PAYLOAD + side]) / inverse
        over, under = PAYLOAD + side, ARM + side
        covariance = self._covariance
        variance = (
            covariance[over, over]
            - 2 * value * covariance[over, under]
            + value**2 * covariance[under, under]
        ) / inverse**2
        return Quantity(value=value, std=max(float(variance), 0.0) ** 0.5)


def group_joints(robot: RobotConfig) -> Mapping[str, NDArray[np.intp]]:
    """Return the joints of each group whose strength is told, by place."""
    return {
        group: np.array(
            [robot.joint_names.index(name) for name in robot.joints_of(group)], np.intp
        )
        for group in GROUPS
    }
