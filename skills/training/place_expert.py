"""An inverse-kinematics expert that teaches putting down; it knows the true state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skills.training.hand_expert import (
    CLOSED,
    OPEN,
    HandView,
    arm_step,
    horizontal,
)

Array = NDArray[np.float64]

HOVER = 0.03  # of the cup's bottom above the table while it is carried [m]
TOUCH = 0.004  # gap at which it counts as standing [m]


def place_action(view: HandView, in_air: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the change of arm and hand targets that the expert wants [rad].

    Reactive: carry above the goal, lower, open, back off. A goal in the air is kept.
    """
    up = view.up
    to_goal = view.goal - view.cup
    height = (to_goal * up).sum(-1)  # of the goal above the cup
    flat = to_goal - up * height[:, None]
    off = np.linalg.norm(flat, axis=-1)
    # How far the lowest point of the tilted cup is above a goal on the table.
    level = np.clip((view.cup_up * up).sum(-1), 0.0, 1.0)
    sunk = 0.5 * view.cup_height * (1 - level) - view.cup_radius * np.sqrt(1 - level**2)
    bottom = -height + sunk
    near = np.linalg.norm(view.cup - view.site, axis=-1) < 0.085
    closed = view.hand_pos[:, 3:].mean(-1) > 0.35
    # A hand that lies on the table cannot lower the cup further: let it drop a little.
    low = (np.abs(bottom) < TOUCH) | ((bottom < 0.028) & (view.clearance < 0.062))
    stands = ~in_air & low & (off < 0.045)
    let_go = stands & (off < np.where(closed, 0.02, 0.045))
    lower = np.where(off < 0.015, 0.0, HOVER)
    lower = np.where(in_air, 0.0, lower)
    carry = flat + up * (height + lower)[:, None]
    carry = 0.5 * np.clip(carry, -0.06, 0.06)
    ahead = horizontal(view.rotation[..., 0], up)
    left = np.cross(up, ahead)
    opened = let_go & (view.hand_pos[:, 3:].mean(-1) < 0.25)
    away = -0.05 * ahead - 0.015 * left
    gone = np.linalg.norm(view.cup - view.site, axis=-1) > 0.14
    away = np.where(gone[:, None], 0.0, away)
    move = np.where(opened[:, None], away, np.where(let_go[:, None], 0.0, carry))
    move = np.where((near | opened)[:, None], move, 0.0)
    # A cup that leans a little rights itself when it is set down.
    turn = np.cross(view.cup_up, up)
    lean = np.linalg.norm(turn, axis=-1, keepdims=True)
    allowed = np.where(in_air, 0.0, 0.15)[:, None]
    turn = turn * np.clip(1.0 - allowed / np.maximum(lean, 1e-6), 0.0, 1.0)
    turn = np.where(let_go[:, None], 0.0, turn)
    arm = arm_step(view, move, turn)
    fingers = np.where(let_go[:, None], OPEN, CLOSED)
    hand = np.clip(fingers - view.target[:, 7:], -0.035, 0.035)
    return arm, hand
