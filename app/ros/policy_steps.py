"""Publish what each policy saw and answered, while somebody listens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from praxis_msgs.msg import PolicyStep
from rclpy.node import Node

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.ros2.readings import NANOSECONDS
from skills.policy import Array32, Policy


class PolicySteps:
    """Hooks itself behind every policy when a task begins.

    A policy only notes what it did; it is published after the command of the tick.
    """

    def __init__(self, node: Node, backend: Ros2Backend) -> None:
        """Advertise."""
        self._backend = backend
        self._steps = node.create_publisher(PolicyStep, "policy_step", 10)
        self._pending: list[Callable[[], None]] = []
        self._hooked: list[Policy] = []
        backend.after_send.append(self._publish)

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Listen to the policies, behind whoever listens already."""
        for name, policy in assembly.runner.policies().items():
            if policy in self._hooked:
                continue
            self._hooked.append(policy)
            inner = policy.on_step
            policy.on_step = partial(self._ran, name, policy, inner)

    def tick(self, moment: Moment) -> None:
        """See `Observer.tick`."""

    def end(self, result: EpisodeResult) -> None:
        """See `Observer.end`."""

    def close(self) -> None:
        """Nothing is held."""

    def _ran(
        self,
        name: str,
        policy: Policy,
        inner: Callable[[Array32, Array32], None] | None,
        observation: Array32,
        action: Array32,
    ) -> None:
        if inner is not None:
            inner(observation, action)
        if self._steps.get_subscription_count() > 0:
            stamp = self._backend.stamp_ns
            seen, did = observation.copy(), action.copy()
            self._pending.append(partial(self._tell, name, policy, stamp, seen, did))

    def _publish(self) -> None:
        for call in self._pending:
            call()
        self._pending.clear()

    def _tell(
        self, name: str, policy: Policy, stamp: int, seen: Array32, did: Array32
    ) -> None:
        message = PolicyStep(skill=name, terms=list(policy.labels))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(
            stamp, NANOSECONDS
        )
        message.obs, message.actions = seen.tolist(), did.tolist()
        message.joints = list(policy.joints)
        self._steps.publish(message)
