"""How messages travel: states, commands, and what rarely changes."""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

LEASE_S = 1.0  # of the liveliness that is watched, where a deadline is asked for [s]


def sensor_qos(*, reliable: bool = False, deadline_s: float = 0.0) -> QoSProfile:
    """Return how states travel: the newest one counts, a lost one is not sent again.

    Args:
        reliable: send lost ones again all the same; lock-step needs every one.
        deadline_s: longest time between two that the receiver accepts, and the sender
            promises; 0: neither asks. A receiver that asks hears no sender that does
            not promise.
    """
    qos = QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=5,
        reliability=(
            ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        ),
    )
    if deadline_s > 0.0:
        qos.deadline = Duration(seconds=deadline_s)
        qos.liveliness = LivelinessPolicy.AUTOMATIC
        qos.liveliness_lease_duration = Duration(seconds=LEASE_S)
    return qos


def command_qos() -> QoSProfile:
    """Return how commands travel: only the newest, and surely."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=1,
        reliability=ReliabilityPolicy.RELIABLE,
    )


def latched_qos() -> QoSProfile:
    """Return how what rarely changes travels: who comes late gets the last one."""
    return QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
