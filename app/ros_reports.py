"""Publish what the robot does: status, tree, hands, reward, policy steps, diagnostics.

Observers only note the newest moment; everything is published after the command of the
tick has been sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from praxis_msgs.msg import PolicyStep, TaskStatus
from rclpy.node import Node
from std_msgs.msg import Bool, Float64, String

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from app.virtual_world import Course
from planners.display import as_text
from planners.planner import TaskState
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot import JointCommand
from sim2real.robot_checks import Check
from sim2real.ros2.diagnosis import Diagnosis, Level, diagnose, diagnose_check
from sim2real.ros2.link import latched_qos
from sim2real.ros2.readings import NANOSECONDS
from sim2real.ros2.states import set_xyz, set_xyzw, wxyz_from_matrix
from sim2real.rotations import multiply, rotate
from skills.contract import Snapshot
from skills.policy import Array32, Policy
from skills.predicates import Hands
from skills.reward import RunningReward

DIAGNOSTICS_TICKS = 50  # one report a second
LEVELS = {
    Level.OK: DiagnosticStatus.OK,
    Level.WARN: DiagnosticStatus.WARN,
    Level.ERROR: DiagnosticStatus.ERROR,
}


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
        checks: Callable[[], Sequence[Check]] = tuple,
    ) -> None:
        """Advertise.

        Args:
            node: on whose names everything is published.
            backend: for stamps and diagnostics.
            frame: name of the world's axes.
            status_hz: how often status, hands and reward are told [1/s].
            mode: what the robot does now.
            checks: what was checked before anything moved.
        """
        self._backend = backend
        self._frame = frame
        self._status_hz = status_hz
        self._mode = mode
        self._checks = checks
        self._hands = Hands(backend.robot)
        make = node.create_publisher
        self._status = make(TaskStatus, "task_status", 10)
        self._course = make(String, "task_course", latched_qos())
        self._running = make(Bool, "running", latched_qos())
        self._reward = make(Float64, "reward", 10)
        self._steps = make(PolicyStep, "policy_step", 10)
        self._diagnostics = make(DiagnosticArray, "/diagnostics", 10)
        self._poses = {
            side: make(PoseStamped, f"ee_pose/{side}", 10) for side in self._hands.sides
        }
        self._name = node.get_fully_qualified_name()
        self._rewards = RunningReward(backend.robot)
        self._pending: list[Callable[[], None]] = []
        self._moment: Moment | None = None
        self._snapshot: Snapshot | None = None
        self._course_now: Course | None = None
        self._number = 0
        self._ticks = 0
        self._last_status = -1.0
        self._last_words = ""
        self._was_running: bool | None = None
        self._hooked: list[Policy] = []
        self.assembly: Assembly | None = None
        backend.after_send.append(self.publish)

    # --- what the session tells ---

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """A task begins: its course is told before the first command."""
        self._number += 1
        self._course_now = Course(number=self._number, task=assembly.task)
        self._tell_course()
        self.assembly = assembly
        self._hook(assembly)

    def tick(self, moment: Moment) -> None:
        """Note the moment; what changes the judge's view is told at once."""
        self._moment, self._snapshot = moment, moment.snapshot
        course = self._course_now
        if course is None:
            return
        kept = moment.kept
        state = moment.status.state
        over = state in (TaskState.SUCCESS, TaskState.FAILURE)
        if kept != course.kept or (over and course.success is None):
            course = replace(course, kept=kept)
            if over:
                course = replace(
                    course,
                    success=state is TaskState.SUCCESS,
                    over_at_ns=self._backend.stamp_ns,
                )
            self._course_now = course
            self._tell_course()

    def idle(self, snapshot: Snapshot, command: JointCommand | None) -> None:
        """Note the moment."""
        self._moment, self._snapshot = None, snapshot

    def end(self, result: EpisodeResult) -> None:
        """A task is over."""
        self._last_words = result.sentence
        course = self._course_now
        if course is not None and course.success is not result.success:
            self._course_now = replace(
                course, success=result.success, over_at_ns=self._backend.stamp_ns
            )
            self._tell_course()
        self._moment = None

    def close(self) -> None:
        """Nothing is held."""

    # --- what is published, after the command ---

    def publish(self) -> None:
        """Publish what is due."""
        self._ticks += 1
        for call in self._pending:
            call()
        self._pending.clear()
        running = self._mode() == "task"
        if running is not self._was_running:
            self._was_running = running
            self._running.publish(Bool(data=running))
        snapshot = self._snapshot
        if snapshot is None:
            if self._ticks % DIAGNOSTICS_TICKS == 0:
                self._tell_health()
            return
        if snapshot.time < self._last_status:  # a new episode
            self._last_status = -1.0
        if snapshot.time - self._last_status >= 1.0 / self._status_hz() - 1e-6:
            self._last_status = snapshot.time
            self._tell_status(snapshot)
            self._tell_hands(snapshot)
            self._tell_reward(snapshot)
        elif self._ticks % DIAGNOSTICS_TICKS == 0:
            self._tell_health()

    def _tell_course(self) -> None:
        assert self._course_now is not None
        text = json.dumps(self._course_now.as_data(), ensure_ascii=False)
        self._course.publish(String(data=text))

    def _tell_status(self, snapshot: Snapshot) -> None:
        message = TaskStatus(mode=self._mode())
        self._stamp(message.header)
        moment = self._moment
        if moment is None or self._course_now is None:
            self._tell_rest(message)
        else:
            status = moment.status
            message.task = self._course_now.task.text
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
        if self._diagnostics.get_subscription_count() == 0:
            return
        message = DiagnosticArray()
        self._stamp(message.header)
        reaction = self.assembly.safety.reaction.value if self.assembly else ""
        found = diagnose(self._backend, mode=self._mode(), reaction=reaction)
        for diagnosis in [*found, *map(diagnose_check, self._checks())]:
            message.status.append(self._as_status(diagnosis))
        self._diagnostics.publish(message)

    def _as_status(self, found: Diagnosis) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=LEVELS[found.level],
            name=f"{self._name.lstrip('/')}: {found.name}",
            message=found.text,
            hardware_id=self._backend.robot.name,
            values=[KeyValue(key=k, value=v) for k, v in found.values.items()],
        )

    # --- policies ---

    def _hook(self, assembly: Assembly) -> None:
        """Listen to the policies, behind whoever listens already."""
        for name, policy in assembly.runner.policies().items():
            if policy in self._hooked:
                continue
            self._hooked.append(policy)
            inner = policy.on_step
            policy.on_step = partial(self._ran, name, policy, inner)

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
            self._pending.append(
                partial(self._tell_step, name, policy, stamp, seen, did)
            )

    def _tell_step(
        self, name: str, policy: Policy, stamp: int, seen: Array32, did: Array32
    ) -> None:
        message = PolicyStep(skill=name, terms=list(policy.labels))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(
            stamp, NANOSECONDS
        )
        message.obs, message.actions = seen.tolist(), did.tolist()
        message.joints = list(policy.joints)
        self._steps.publish(message)

    def _stamp(self, header: Any) -> None:
        header.frame_id = self._frame
        header.stamp.sec, header.stamp.nanosec = divmod(
            max(self._backend.stamp_ns, 0), NANOSECONDS
        )
