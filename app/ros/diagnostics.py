"""Publish /diagnostics: rates, ages, odd messages, latencies, and the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot_checks import Check
from sim2real.ros2.diagnosis import Diagnosis, Level, diagnose, diagnose_check

LEVELS = {
    Level.OK: DiagnosticStatus.OK,
    Level.WARN: DiagnosticStatus.WARN,
    Level.ERROR: DiagnosticStatus.ERROR,
}


class Diagnostics:
    """Reports what is known about messages, the loop and the checks."""

    def __init__(
        self,
        node: Node,
        backend: Ros2Backend,
        checks: Callable[[], Sequence[Check]],
    ) -> None:
        """Advertise.

        Args:
            node: whose name is in front of every report.
            backend: whose messages these are.
            checks: what was checked before anything moved.
        """
        self._backend = backend
        self._checks = checks
        self._name = node.get_fully_qualified_name().lstrip("/")
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def tell(self, stamp: Callable[[Any], None], *, mode: str, reaction: str) -> None:
        """Publish a report, if anybody listens.

        Args:
            stamp: fills in a header.
            mode: what the robot does.
            reaction: of the safety filter.
        """
        if self._publisher.get_subscription_count() == 0:
            return
        message = DiagnosticArray()
        stamp(message.header)
        found = diagnose(self._backend, mode=mode, reaction=reaction)
        for diagnosis in [*found, *map(diagnose_check, self._checks())]:
            message.status.append(self._as_status(diagnosis))
        self._publisher.publish(message)

    def _as_status(self, found: Diagnosis) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=LEVELS[found.level],
            name=f"{self._name}: {found.name}",
            message=found.text,
            hardware_id=self._backend.robot.name,
            values=[KeyValue(key=k, value=v) for k, v in found.values.items()],
        )
