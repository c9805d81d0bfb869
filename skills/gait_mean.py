"""Where the robot is, without the sway of its gait."""

from __future__ import annotations

from collections import deque

from skills.furniture import Pose2D, turn_between
from skills.locomotion import GAIT_PERIOD_S

Sample = tuple[float, float, float, float]  # time [s], x, y [m], heading [rad]


class GaitMean:
    """Averages poses over one gait period, and looks ahead by the lag of that.

    The pelvis sways by some centimetres and degrees with every step. Who answers to
    the sway answers in time with the gait, and pushes the robot instead of leading it.
    """

    def __init__(self) -> None:
        """Begin without a history."""
        self._samples: deque[Sample] = deque()
        self._sum: Sample = (0.0, 0.0, 0.0, 0.0)  # of all samples but the first

    def step(self, here: Pose2D, time: float) -> Pose2D:
        """Return the mean pose now.

        Args:
            here: the pose as it is measured.
            time: of the measurement [s].
        """
        samples = self._samples
        if not samples:
            samples.append((time, here.x, here.y, here.yaw))
            return here
        before = samples[-1][3]
        new = (time, here.x, here.y, before + turn_between(before, here.yaw))
        samples.append(new)
        self._add(new, 1.0)
        while time - samples[0][0] > GAIT_PERIOD_S + 1e-6:
            samples.popleft()
            self._add(samples[0], -1.0)
        first, count = samples[0], len(samples) - 1
        span = time - first[0]
        if span <= 0.0:
            return here
        # After a whole period the sway is where it was: what is left is the way.
        ahead = (time - self._sum[0] / count) / span
        x, y, yaw = (
            total / count + (end - begin) * ahead
            for total, end, begin in zip(self._sum[1:], new[1:], first[1:], strict=True)
        )
        return Pose2D(x=x, y=y, yaw=yaw)

    def _add(self, sample: Sample, sign: float) -> None:
        time, x, y, yaw = self._sum
        self._sum = (
            time + sign * sample[0],
            x + sign * sample[1],
            y + sign * sample[2],
            yaw + sign * sample[3],
        )
