"""Publish what the robot does: status, tree, hands, reward.

Observers only note the newest moment; everything is published after the command of the
tick has been sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseStamped
from praxis_msgs.msg import TaskStatus
from rclpy.node import Node
from std_msgs.msg import Bool, Float64

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from app.ros.diagnostics import Diagnostics
from planners.display import as_text
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot import JointCommand
from sim2real.ros2.qos import latched_qos
from sim2real.ros2.readings import NANOSECONDS
from sim2real.ros2.states import set_xyz, set_xyzw, wxyz_from_matrix
from sim2real.rotations import multiply, rotate
from skills.contract import Snapshot
from skills.predicates import Hands
from skills.reward import RunningReward

DIAGNOSTICS_TICKS = 50  # one report a second
SPREAD_TICKS = 5


class Reports:
    """A watcher of the session that tells everybody."""

    def __init__(
        self,
        node: Node,
        backend: Ros2Backend,
        *,
        frame: str,
        status_hz: Callable[[], float],
        mode: Callable[[], str],
        diagnostics: Diagnostics,
    ) -> None:
        """Advertise.

        Args:
            node: on whose names everything is published.
            backend: for stamps and diagnostics.
            frame: name of the world's axes.
            status_hz: how often status, hands and reward are told [1/s].
            mode: what the robot does now.
            diagnostics: told when a report is due.
        """
        self._backend = backend
        self._frame = frame
        self._status_hz = status_hz
        self._mode = mode
        self._diagnostics = diagnostics
        self._hands = Hands(backend.robot)
        make = node.create_publisher
        self._status = make(TaskStatus, "task_status", 10)
        self._running = make(Bool, "running", latched_qos())
        self._reward = make(Float64, "reward", 10)
        self._poses = {
            side: make(PoseStamped, f"ee_pose/{side}", 10) for side in self._hands.sides
        }
        self._rewards = RunningReward(backend.robot)
        self._moment: Moment | None = None
        self._snapshot: Snapshot | None = None
        self._task = ""
        self._ticks = self._told_health = 0
        self._last_status = -1.0
        self._last_words = ""
        self._was_running: bool | None = None
        self.assembly: Assembly | None = None
        backend.after_send.append(self.publish)

    # --- what the session tells ---

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """A task begins."""
        self.assembly, self._task = assembly, assembly.task.text

    def tick(self, moment: Moment) -> None:
        """Note the moment."""
        self._moment, self._snapshot = moment, moment.snapshot

    def idle(self, snapshot: Snapshot, command: JointCommand | None) -> None:
        """Note the moment."""
        self._moment, self._snapshot = None, snapshot

    def end(self, result: EpisodeResult) -> None:
        """A task is over."""
        self._last_words = result.sentence
        self._moment = None

    def close(self) -> None:
        """Nothing is held."""

    # --- what is published, after the command ---

    def publish(self) -> None:
        """Publish what is due."""
        self._ticks += 1
        running = self._mode() == "task"
        if running is not self._was_running:
            self._was_running = running
            self._running.publish(Bool(data=running))
        busy = self._snapshot is not None and self._tell_regularly(self._snapshot)
        waited = self._ticks - self._told_health
        # Not both in one tick, unless there is something to tell in every one.
        if waited >= DIAGNOSTICS_TICKS + (SPREAD_TICKS if busy else 0):
            self._told_health = self._ticks
            self._tell_health()

    def _tell_regularly(self, snapshot: Snapshot) -> bool:
        """Publish status, hands and reward, if they are due; return whether."""
        if snapshot.time < self._last_status:  # a new episode
            self._last_status = -1.0
        if snapshot.time - self._last_status < 1.0 / self._status_hz() - 1e-6:
            return False
        self._last_status = snapshot.time
        self._tell_status(snapshot)
        self._tell_hands(snapshot)
        self._tell_reward(snapshot)
        return True

    def _tell_status(self, snapshot: Snapshot) -> None:
        message = TaskStatus(mode=self._mode())
        self._stamp(message.header)
        moment = self._moment
        if moment is None:
            self._tell_rest(message)
        else:
            status = moment.status
            message.task = self._task
            message.state = status.state.value
            message.step = status.step
            message.sentence = status.sentence
            message.failure = status.failure.value if status.failure else ""
            message.active_skills = list(moment.active)
            message.tree = as_text(moment.root, folded=True)
            message.reaction = moment.reaction.value
        self._status.publish(message)

    def _tell_rest(self, message: TaskStatus) -> None:
        """Fill in what there is to say without a task."""
        message.sentence = self._last_words
        if self.assembly is None:
            return
        safety = self.assembly.safety
        message.active_skills = list(self.assembly.runner.active())
        message.reaction = safety.reaction.value
        if safety.stopped is not None:
            message.sentence = f"safety stopped the robot: {safety.stopped.text}"

    def _tell_hands(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        for side, publisher in self._poses.items():
            if publisher.get_subscription_count() == 0:
                continue
            pos_b, rotation = self._hands.frame(side, state)
            quat_b = wxyz_from_matrix(rotation)
            message = PoseStamped()
            self._stamp(message.header)
            set_xyz(
                message.pose.position,
                state.base_pos_w + rotate(state.base_quat_wxyz, pos_b),
            )
            set_xyzw(message.pose.orientation, multiply(state.base_quat_wxyz, quat_b))
            publisher.publish(message)

    def _tell_reward(self, snapshot: Snapshot) -> None:
        if self.assembly is None or self._reward.get_subscription_count() == 0:
            return
        active = self.assembly.runner.active()
        reward = self._rewards.step(snapshot, active, self.assembly.runner.policies())
        if reward is not None:
            self._reward.publish(Float64(data=reward))

    def _tell_health(self) -> None:
        reaction = self.assembly.safety.reaction.value if self.assembly else ""
        self._diagnostics.tell(self._stamp, mode=self._mode(), reaction=reaction)

    def _stamp(self, header: Any) -> None:
        header.frame_id = self._frame
        header.stamp.sec, header.stamp.nanosec = divmod(
            max(self._backend.stamp_ns, 0), NANOSECONDS
        )
