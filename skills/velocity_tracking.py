"""Ask for the velocity that makes this robot walk at the one that is wanted.

Leg odometry (`sim2real/adaptation/odometry.py`), averaged over a gait period, is
compared with what was asked for in it; what a robot makes of commands is learnt from
that (`skills/walk_response.py`) and made up for.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from sim2real.adaptation.compensation import within
from skills.contract import Snapshot
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED
from skills.walk_response import WalkResponse

Array = NDArray[np.float64]
Velocity = tuple[float, float, float]  # vx, vy [m/s], wz [rad/s], heading frame

# Of the velocity behind the command: a delay, then first order.
DELAY_S = (0.16, 0.16, 0.0)
LAG_S = np.array([0.5, 0.5, 0.1])
NOISE = np.array([0.03, 0.03, 0.04])  # of a velocity averaged over a gait period
TRANSIENT = 0.06  # a command that differs from its mean by this doubles the variance
SAMPLE_S = 0.16  # from one look to the next
CHANGED = 0.02  # a smaller change of a command is told later [m/s], [rad/s]
LOWEST, HIGHEST = np.array([-0.6, -0.4, -0.8]), np.array([1.1, 0.4, 0.8])
"""What the policies were trained to obey; a correction does not lead beyond."""
MOST = np.array([0.25, 0.2, 0.25])  # that is added to a command [m/s], [rad/s]
RATE = 0.5  # change of that in a second [m/s^2], [rad/s^2]
LEAST = 1.2 * MOVING_SPEED  # what a robot is told that is to walk [m/s], [rad/s]
AXES = np.arange(3)


class VelocityTracking:
    """Learns how a robot walks and corrects commands; does nothing without odometry."""

    def __init__(self, control_dt: float) -> None:
        """Begin with a robot that walks as it is told; time between ticks [s]."""
        self.response = WalkResponse()
        self._dt = control_dt
        self._period = round(GAIT_PERIOD_S / control_dt)
        self._every = round(SAMPLE_S / control_dt)
        self._delay = np.array([round(s / control_dt) for s in DELAY_S])
        self._follow = np.minimum(control_dt / LAG_S, 1.0)[:, None]
        self._noise = NOISE**2 * (GAIT_PERIOD_S / SAMPLE_S)  # windows overlap
        self._last_time = 0.0
        self._wanted: Array = np.zeros(3)  # when the response was aged last
        self._age = 0.0  # since then [s]
        self.forget()

    def forget(self) -> None:
        """Know nothing about the robot."""
        self.response.forget()
        self._added = np.zeros(3)
        self._pause()

    def correct(self, command: Velocity, snapshot: Snapshot) -> Velocity:
        """Return the command to give in the place of one; call once per tick.

        Args:
            command: vx, vy [m/s] and wz [rad/s] in the heading frame.
            snapshot: of this tick.
        """
        known = snapshot.adaptation
        if known is None or known.travelled is None:
            return command
        since, self._last_time = snapshot.time - self._last_time, snapshot.time
        if since < 0.0:
            self.forget()  # another episode, and perhaps another robot
        if not 0.0 <= since < 2.0 * self._dt:
            self._pause()
        if max(abs(v) for v in command) <= MOVING_SPEED:
            self._pause()
            return command
        wanted = np.array(command)
        self._age += self._dt
        changed = float(np.abs(wanted - self._wanted).max())
        if changed > CHANGED or self._age >= SAMPLE_S:
            self.response.wander(self._age, changed)
            self._wanted, self._age = wanted, 0.0
        sent = self._corrected(wanted)
        self._look(sent, np.array(known.travelled))
        vx, vy, wz = sent.tolist()
        return vx, vy, wz

    def _pause(self) -> None:
        """Begin to look anew: what was before does not belong to what comes."""
        self._wanted = np.zeros(3)
        # What was sent lately, the newest last; 1 and what was sent, as the robot
        # follows it; of the last gait period that, and the way until then.
        standing = np.zeros((int(self._delay.max()) + 1, 4))
        self._sent = deque(standing, maxlen=len(standing))
        self._asked = np.zeros((3, 4))
        self._past: deque[tuple[Array, Array]] = deque()
        self._sum = np.zeros((3, 4))
        self._ticks = 0

    def _corrected(self, wanted: Array) -> Array:
        """Return what to send: bounded, and without jumps of what is added."""
        missing = within(self.response.command_for(wanted) - wanted, -MOST, MOST)
        step = RATE * self._dt
        self._added = self._added + within(missing - self._added, -step, step)
        sent = wanted + self._added
        sent = within(sent, np.minimum(LOWEST, wanted), np.maximum(HIGHEST, wanted))
        if np.abs(sent).max() <= LEAST:  # it would be taken for a wish to stand
            main = int(np.abs(wanted).argmax())
            sent[main] = np.copysign(LEAST, wanted[main])
        return sent

    def _look(self, sent: Array, travelled: Array) -> None:
        """Compare the last gait period with what was asked for in it."""
        self._sent.append(np.append(1.0, sent))
        late = np.stack([self._sent[-1 - delay] for delay in self._delay])
        self._asked = self._asked + self._follow * (late - self._asked)
        self._past.append((self._asked, travelled))
        self._sum += self._asked
        self._ticks += 1
        if len(self._past) <= self._period:
            return
        first, before = self._past.popleft()
        self._sum -= first
        if self._ticks % self._every:
            return
        asked = self._sum / self._period
        own = asked[AXES, AXES + 1]
        measured = (travelled - before) / (self._period * self._dt)
        transient = float(np.abs(sent - own).max()) / TRANSIENT
        self.response.learn(asked, measured - own, self._noise * (1.0 + transient**2))
