"""Late commands: what a drive sees of them in each physics step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mean_targets(
    command_time: Array,
    command_pos: Array,
    delay_s: Array,
    start_s: float,
    dt: float,
    steps: int,
) -> Array:
    """Return the mean of the delayed targets over each step, (steps, k).

    A command holds until the next one arrives. One that arrives within a step acts for
    the rest of it, so that the step sees the mean of both; that makes the result, and
    a prediction from it, continuous in the delay.

    Args:
        command_time: when commands were sent [s], (U,).
        command_pos: targets [rad], (U, k).
        delay_s: of each joint [s], (k,).
        start_s: of the first step [s].
        dt: of a step [s].
        steps: how many.
    """
    # The integral of the held targets; linear between commands, and beyond them.
    widths = np.diff(command_time)
    area = np.zeros_like(command_pos)
    np.cumsum(command_pos[:-1] * widths[:, None], axis=0, out=area[1:])
    edges = start_s + dt * np.arange(steps + 1)
    means = np.empty((steps, command_pos.shape[1]))
    for joint, late in enumerate(delay_s):
        at = edges - late
        integral = np.interp(at, command_time, area[:, joint])
        before = np.minimum(at - command_time[0], 0.0)
        after = np.maximum(at - command_time[-1], 0.0)
        integral += before * command_pos[0, joint] + after * command_pos[-1, joint]
        means[:, joint] = np.diff(integral) / dt
    return means
