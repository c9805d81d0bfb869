"""An inverse-kinematics expert that teaches grasping; it knows the true state.

It is a teacher for imitation and a baseline for comparison, never part of a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Right hand: thumb 0, 1, 2, middle 0, 1, index 0, 1 [rad].
OPEN = np.array([0.0, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0])
CLOSED = np.array([0.0, -0.9, -1.4, 1.35, 1.5, 1.35, 1.5])
TURN_WEIGHT = 0.06  # [m/rad]
YIELD = np.array([0.0, 0.0, 0.0, 0.3, 0.2, 0.3, 0.2])  # less for the widest [rad]
PALM_FACE = 0.0174  # distance of the palm's face from the hand's centre plane [m]
FORWARD = 0.118  # of the grasp centre along the hand's x axis [m]
SITE = np.array([0.135, 0.056, 0.0])  # where the chain's tip sits in the hand


@dataclass(frozen=True, kw_only=True)
class HandView:
    """True state of N scenes; positions and rotations in the pelvis frame."""

    arm_pos: Array  # [rad], (N, 7)
    hand_pos: Array  # [rad], (N, 7)
    target: Array  # present joint targets, arm then hand [rad], (N, 14)
    site: Array  # [m], (N, 3)
    rotation: Array  # of the hand, (N, 3, 3)
    jacobian: Array  # of the site for the arm joints, (N, 6, 7)
    arm_limits: Array  # of the arm joints [rad], (7, 2)
    up: Array  # world z, (N, 3)
    cup: Array  # centre [m], (N, 3)
    cup_up: Array  # the cup's z axis, (N, 3)
    cup_radius: Array  # (N,)
    cup_height: Array  # (N,)
    lifted: Array  # how far the cup is above its start [m], (N,)
    clearance: Array  # of the site above the table [m], (N,)
    goal: Array  # where the cup's centre should go [m], (N, 3)


def horizontal(vector: Array, up: Array) -> Array:
    """Return the part of (N, 3) vectors across `up`, of unit length."""
    flat = vector - (vector * up).sum(-1, keepdims=True) * up
    return np.asarray(flat / np.linalg.norm(flat, axis=-1, keepdims=True))


def approach_yaw(cup: Array) -> Array:
    """Return the heading of the hand for a cup at (N, 3): inward when it is central."""
    return np.clip(0.2 + 1.2 * (cup[:, 1] + 0.15), 0.0, 0.5)


def grasp_action(view: HandView) -> tuple[Array, Array]:
    """Return the change of arm and hand targets that the expert wants [rad].

    Reactive: back off until aligned, move in, close, and lift once the fingers bear.
    """
    up = view.up
    yaw = approach_yaw(view.cup)
    zero = np.zeros_like(yaw)
    ahead = horizontal(np.stack([np.cos(yaw), np.sin(yaw), zero], -1), up)
    left = np.cross(up, ahead)
    # Where the cup's centre should lie in the hand: against the palm.
    seat = np.stack(
        [np.full_like(yaw, FORWARD), PALM_FACE + view.cup_radius + 0.004, zero], -1
    )
    # A low cup is out of reach of a level hand: point it down a little.
    tilt = np.clip(-5.0 * (view.cup * up).sum(-1), 0.0, 0.45)[:, None]
    nose = ahead * np.cos(tilt) - up * np.sin(tilt)
    back_of_hand = up * np.cos(tilt) + ahead * np.sin(tilt)
    rotation = np.stack([nose, left, back_of_hand], -1)
    shift = (rotation @ (SITE - seat)[..., None])[..., 0]
    clear = 0.050 + 0.07 * np.sin(tilt[:, 0])
    above = np.maximum(0.5 * view.cup_height, clear) - 0.5 * view.cup_height
    wanted = view.cup + up * above[:, None] + shift
    error = wanted - view.site
    along = (error * ahead).sum(-1)
    across = (error * left).sum(-1)
    over = (error * up).sum(-1)
    cup_in_hand = (view.rotation.swapaxes(-1, -2) @ (view.cup - view.site)[..., None])[
        ..., 0
    ] + SITE
    off_seat = np.abs(cup_in_hand[:, :2] - seat[:, :2]).max(-1)
    level = np.abs(cup_in_hand[:, 2]) < 0.06
    closing = view.hand_pos[:, 3:].mean(-1) > 0.25
    # Once the fingers are around the cup they stay closed unless it has slipped away.
    low = np.abs(cup_in_hand[:, 2] + above)
    # The fingers draw in a cup that is a little ahead.
    off = cup_in_hand[:, :2] - seat[:, :2]
    near = (off[:, 0] > -0.02) & (off[:, 0] < 0.035) & (np.abs(off[:, 1]) < 0.02)
    ready = near & (low < np.where(tilt[:, 0] > 0.1, 0.022, 0.015))
    seated = level & np.where(closing, off_seat < 0.05, ready)
    # Squeeze: how far the fingers' targets run ahead of where contact stops them.
    squeeze = np.abs(view.target[:, 7:] - view.hand_pos)
    bearing = (squeeze[:, 3:].mean(-1) > 0.3) & (squeeze[:, 1:3].sum(-1) > 0.3)
    held = seated & closing & (bearing | (view.lifted > 0.01))
    # Come from behind and from the outer side; get there above the cup's rim.
    corridor = (along > -0.01) & (along < 0.2) & (np.abs(across - 0.04) < 0.05)
    entered = corridor | (np.abs(over) < 0.03)
    misalignment = np.maximum(np.abs(over), 0.12 * _heading_error(view, nose))
    slack = np.where(tilt[:, 0] > 0.1, 0.05, 0.025)
    far = np.clip(4.0 * (misalignment - slack), 0.0, 0.11)
    far = np.where(entered, far, 0.11)
    hover = np.where(entered, 0.0, view.cup_height - above + 0.03)
    back = np.where(seated, 0.0, far)
    aside = np.where(
        seated | (along < 0.015),
        0.0,
        0.016 + 0.4 * (view.cup_radius - 0.025) + 0.5 * far,
    )
    goal_error = (
        ahead * (along - back)[:, None]
        + left * (across - aside)[:, None]
        + up * (over + hover)[:, None]
    )
    gently = (np.abs(along) < 0.12) & (np.abs(over) < 0.06)
    goal_error = np.where(gently[:, None], 0.6 * goal_error, goal_error)
    goal_error = np.where((seated & ~held)[:, None], 0.5 * goal_error, goal_error)
    lift_error = view.goal - view.cup
    goal_error = np.where(
        held[:, None], 0.4 * np.clip(lift_error, -0.06, 0.06), goal_error
    )
    turn = 0.5 * sum(
        np.cross(view.rotation[..., i], rotation[..., i]) for i in range(3)
    )
    turn = np.where(held[:, None], 0.5 * turn, turn)
    arm = arm_step(view, goal_error, turn)
    # Two fingers must not push a wide cup out past one thumb.
    wide = np.clip((view.cup_radius - 0.025) / 0.015, 0.0, 1.0)[:, None]
    closed = CLOSED - wide * YIELD
    fingers = np.where((seated | held)[:, None], closed, OPEN)
    rate = np.where((seated | held)[:, None], 0.035, 0.06)
    hand = np.clip(fingers - view.target[:, 7:], -rate, rate)
    return arm, hand


def arm_step(view: HandView, move: Array, turn: Array) -> Array:
    """Return the change of the arm's targets towards a displacement of the hand.

    Damped least squares; position counts more than orientation.

    Args:
        view: the true state.
        move: of the grasp site, pelvis frame [m], (N, 3).
        turn: of the hand, pelvis frame [rad], (N, 3).
    """
    twist = np.concatenate([_limit(move, 0.06), TURN_WEIGHT * _limit(turn, 0.6)], -1)
    weight = np.array([1, 1, 1, TURN_WEIGHT, TURN_WEIGHT, TURN_WEIGHT])
    jacobian = view.jacobian * weight[:, None]
    step = _least_squares(jacobian, twist)
    # A joint at its limit cannot help: the others do without it.
    target, limits = view.target[:, :7], view.arm_limits
    stuck = (target <= limits[:, 0] + 0.01) & (step < 0)
    stuck |= (target >= limits[:, 1] - 0.01) & (step > 0)
    step = _least_squares(jacobian * ~stuck[:, None], twist)
    return np.asarray(0.11 * step)


def _least_squares(jacobian: Array, twist: Array) -> Array:
    gram = jacobian @ jacobian.swapaxes(-1, -2) + 2e-3 * np.eye(6)
    solved = np.linalg.solve(gram, twist[..., None])
    return np.asarray((jacobian.swapaxes(-1, -2) @ solved)[..., 0])


def _heading_error(view: HandView, ahead: Array) -> Array:
    return np.asarray(np.linalg.norm(np.cross(view.rotation[..., 0], ahead), axis=-1))


def _limit(vector: Array, length: float) -> Array:
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.asarray(vector * np.minimum(1.0, length / np.maximum(norm, 1e-9)))
