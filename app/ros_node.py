"""The node `praxis`: the skill runtime on ROS 2 topics, services and an action.

One thread does everything: callbacks run between two ticks of the control loop, while
it waits for the robot's next state, and only note what came.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import rclpy
from geometry_msgs.msg import Twist
from praxis_msgs.action import ExecuteTask
from praxis_msgs.srv import SetPolicy
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Bool, Empty, String
from std_srvs.srv import Trigger

from app.build import read_task
from app.check_command import check_policies
from app.console import EventLines
from app.control_loop import Assembly, Moment, Observer
from app.result import EpisodeResult
from app.ros_build import Setting, make_all_skills, make_assembly, read_setting
from app.ros_declare import declare
from app.ros_end import Ended, end_on_signals, ignore_signals
from app.ros_parameters import NODE, BadParameter, frames_by_thing
from app.ros_phases import Phases
from app.ros_reports import Reports
from app.ros_session import BAD_REQUEST, Answer, Session, Ticket, close_quietly
from app.run_log import RunLog
from app.trace_file import TraceFile
from planners.task import Task
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.life_cycle import Phase
from sim2real.real_time import become_real_time
from sim2real.robot import BackendError
from sim2real.ros2.inbox import Inbox, InboxConfig
from sim2real.ros2.link import RosLink, latched_qos
from skills.drive import Drive
from skills.library import POLICY_DIR

DONE, FAILED, BAD_INPUT = 0, 1, 2  # exit codes
FEEDBACK_TICKS = 10
CHECKS_S = 60.0  # a launch that is to end by itself waits so long for its checks [s]
AGAIN_S = 2.0  # between two tries to hear the robot [s]


class _Feedback:
    """Tells the client of the action how its task goes."""

    def __init__(self) -> None:
        self.handle: Any = None
        self._ticks = 0

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """See `Observer.begin`."""
        self._leaves = max(len(assembly.task.leaves), 1)

    def tick(self, moment: Moment) -> None:
        """See `Observer.tick`."""
        self._ticks += 1
        if self.handle is None or self._ticks % FEEDBACK_TICKS:
            return
        feedback = ExecuteTask.Feedback(
            phase=moment.status.state.value,
            sentence=moment.status.sentence,
            active_skills=list(moment.active),
            progress=min(len(moment.kept) / self._leaves, 1.0),
        )
        self.handle.publish_feedback(feedback)

    def end(self, result: EpisodeResult) -> None:
        """See `Observer.end`."""

    def close(self) -> None:
        """See `Observer.close`."""


class PraxisNode:
    """Binds a session to ROS."""

    def __init__(self, node: Node) -> None:
        """Declare parameters, load policies, advertise everything.

        Raises:
            BadParameter: for a parameter that cannot be used.
            ConfigError, PolicyMismatch: for a file that cannot.
        """
        self.node = node
        self._log = node.get_logger()
        self.values = values = declare(node, NODE)
        setting = read_setting(values)
        self._setting = setting
        inbox = Inbox(
            setting.robot,
            setting.scene,
            InboxConfig(
                world_frame=values["world_frame"],
                base_frame=values["base_frame"],
                base_from_tf=values["base_from_tf"],
                object_frames=frames_by_thing(values["object_frames"]),
                furniture_from_scene=values["furniture_from_scene"],
            ),
        )
        self._link = RosLink(
            node,
            setting.robot,
            inbox,
            reliable=values["lockstep"],
            deadline_s=values["qos_deadline_s"],
        )
        self._heard = -inf  # when the operator gave a sign of life last [s]
        self._pressed: bool | None = None  # the emergency stop; None: not reported
        self.backend = Ros2Backend(
            setting.robot,
            setting.scene,
            link=self._link,
            inbox=inbox,
            lockstep=values["lockstep"],
            restarts=values["restart_simulation"],
            speed=values["speed"],
            heartbeat_age_s=self._heartbeat_age_s,
        )
        skills = make_all_skills(setting)
        assembly = make_assembly(setting, self.backend, skills)
        drive = skills[Drive.name]
        self._feedback = _Feedback()
        self._reports = Reports(
            node,
            self.backend,
            frame=values["world_frame"],
            status_hz=lambda: float(node.get_parameter("status_hz").value),
            mode=lambda: self.session.mode,
            checks=lambda: self.session.phases.checks,
        )
        self._reports.assembly = assembly
        self.session = Session(
            assembly,
            self._read_task,
            observers=(*self._observers(setting), self._feedback),
            watchers=(self._reports,),
            phases=self._make_phases(),
            autostart=values["autostart"],
            on_connect=self._link.take_over,
            drive=drive if isinstance(drive, Drive) else None,
            seed=values["seed"],
            cmd_vel_timeout_s=values["cmd_vel_timeout_s"],
            make_skills=lambda files: make_all_skills(setting, files),
            say=self._say,
        )
        self._verdict: dict[str, Any] | None = None
        self._advertise()

    def _make_phases(self) -> Phases:
        values, setting = self.values, self._setting
        policies = setting.options.policies or POLICY_DIR
        return Phases(
            setting.robot,
            self.backend.control_dt,
            hoisted=values["hoisted"],
            clocked=not values["lockstep"],
            heartbeat_s=values["heartbeat_timeout_s"],
            emergency_stop=lambda: None if self._pressed is None else not self._pressed,
            stop_by_hand=values["emergency_stop"] == "by_hand",
            more_checks=lambda: check_policies(setting.robot, policies),
            say=self._say,
        )

    def _observers(self, setting: Setting) -> list[Observer]:
        observers: list[Observer] = [EventLines(self._say)]
        if setting.values["trace"]:
            observers.append(
                TraceFile(
                    Path(setting.values["trace"]),
                    scene=setting.scene.name,
                    backend="ros2",
                    warn=self._warn,
                )
            )
        if setting.values["record"]:
            metadata = {"scene": setting.scene.name, "backend": "ros2"}
            observers.append(
                RunLog(Path(setting.values["record"]), metadata, warn=self._warn)
            )
        self._owned = observers
        return observers

    def _advertise(self) -> None:
        node, session = self.node, self.session
        node.create_subscription(String, "task", self._on_task, 10)
        node.create_subscription(Twist, "cmd_vel", self._on_velocity, 1)
        node.create_subscription(Empty, "operator/heartbeat", self._on_heartbeat, 1)
        node.create_subscription(
            Bool, "emergency_stop", self._on_emergency_stop, latched_qos()
        )
        node.create_subscription(String, "verdict", self._on_verdict, latched_qos())
        for name, request in (
            ("start", session.start),
            ("stop", session.stop),
            ("pause", session.pause),
            ("resume", session.resume),
            ("reset", session.reset),
            ("damp", session.damp),
        ):
            node.create_service(Trigger, f"~/{name}", _answering(request))
        node.create_service(SetPolicy, "~/set_policy", self._on_set_policy)
        self._action = ActionServer(
            node,
            ExecuteTask,
            "~/execute_task",
            self._finish_goal,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )
        self._accepted: Ticket | None = None
        self._goals: list[tuple[Ticket | None, Any]] = []
        self._results: list[EpisodeResult] = []

    # --- callbacks: note what came ---

    def _on_task(self, message: Any) -> None:
        answer = self.session.execute(message.data)
        if isinstance(answer, Answer):
            self._warn(f"task '{message.data}' is refused: {answer.text}")

    def _on_velocity(self, message: Any) -> None:
        timeout = self.node.get_parameter("cmd_vel_timeout_s").value
        self.session.cmd_vel_timeout_s = float(timeout)
        linear, angular = message.linear, message.angular
        self.session.drive((linear.x, linear.y, angular.z))

    def _on_heartbeat(self, message: Any) -> None:
        self._heard = monotonic()

    def _on_emergency_stop(self, message: Any) -> None:
        if message.data and not self._pressed:
            self._warn("the emergency stop is pressed")
            self.session.damp()
        self._pressed = bool(message.data)

    def _heartbeat_age_s(self) -> float:
        if self.values["heartbeat_timeout_s"] == 0.0:
            return 0.0
        return monotonic() - self._heard

    def _on_verdict(self, message: Any) -> None:
        try:
            self._verdict = dict(json.loads(message.data))
        except ValueError as error:
            self._warn(f"verdict cannot be read: {error}")

    def _on_set_policy(self, request: Any, response: Any) -> Any:
        answer = self.session.set_policy(request.skill, request.path)
        response.success, response.message = answer.accepted, answer.text
        return response

    # --- the action ---

    def _on_goal(self, request: Any) -> GoalResponse:
        answer = self.session.execute(request.task)
        if isinstance(answer, Answer):
            self._warn(f"task '{request.task}' is refused: {answer.text}")
            return GoalResponse.REJECT
        self._accepted = answer
        return GoalResponse.ACCEPT

    def _on_cancel(self, handle: Any) -> CancelResponse:
        self.session.stop()
        return CancelResponse.ACCEPT

    def _on_accepted(self, handle: Any) -> None:
        """Keep the goal; it is executed, in the words of ROS, when the task is over.

        A callback that waited for the end would keep the executor spinning meanwhile.
        """
        self._goals.append((self._accepted, handle))
        self._feedback.handle = handle

    def _finish_goal(self, handle: Any) -> Any:
        episode = self._results.pop(0)
        result = ExecuteTask.Result(success=episode.success, sentence=episode.sentence)
        result.failure = episode.failure.value if episode.failure else ""
        if episode.success:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return result

    def _answer_goals(self) -> None:
        """Tell clients whose task is over."""
        for ticket, handle in list(self._goals):
            if ticket is not None and ticket.result is not None:
                self._goals.remove((ticket, handle))
                self._feedback.handle = None
                self._results.append(ticket.result)
                handle.execute()

    # --- the loop ---

    def run(self) -> int:
        """Go on until ROS is shut down, or the only task is over.

        Returns:
            The exit code.
        """
        values, session = self.values, self.session
        if values["real_time"] and not values["lockstep"]:
            granted = become_real_time(priority=values["real_time_priority"])
            if granted.warning is not None:
                self._warn(granted.warning)
        try:
            waiting: str | None = values["task"] or None
            if waiting is not None:
                self._read_task(waiting)
        except BAD_REQUEST as error:
            self._log.error(f"task '{values['task']}' is refused: {one_line(error)}")
            waiting = None
            if values["once"]:
                return BAD_INPUT
        if not self._connect():
            return DONE
        patience = monotonic() + CHECKS_S
        while self.node.context.ok():
            try:
                session.step()
            except BackendError as error:
                self._log.error(str(error))
                if values["once"]:
                    return FAILED
                session.phases.begin()
                if not self._connect():
                    break
            self._answer_goals()
            if waiting is not None and session.phases.phase is Phase.BALANCE:
                self._on_task(String(data=waiting))
                waiting = None
            if values["once"] and session.last is not None:
                return self._end(session.last)
            if self._never_starts(patience):
                return FAILED
        return DONE

    def _never_starts(self, patience: float) -> bool:
        """Return whether a launch that is to end by itself cannot begin."""
        values, phases = self.values, self.session.phases
        stuck = values["once"] and values["autostart"] and not phases.commanded
        if not stuck or monotonic() < patience:
            return False
        self._log.error(f"not started within {CHECKS_S:g} s: {phases.failed}")
        return True

    def _connect(self) -> bool:
        """Wait for the robot; return False if ROS is shut down first."""
        while self.node.context.ok():
            try:
                self.session.connect()
                return True
            except BackendError as error:
                if not self.node.context.ok():
                    break
                self._warn(str(error))
                self._link.handle(lambda: False, _in_s(AGAIN_S))
        return False

    def _end(self, ticket: Ticket) -> int:
        """Wait for the judge, if there is one, and return the exit code."""
        result = ticket.result
        assert result is not None
        self._hold_until_judged()
        if not result.success:
            return FAILED
        if self._verdict is None:
            return DONE
        agrees = self._verdict["verdict"] == "agrees"
        word = "verified by" if agrees else "contradicted by"
        self._say(f"{word} the physics: {self._verdict['reason']}")
        return DONE if agrees else FAILED

    def _hold_until_judged(self) -> None:
        until = monotonic() + self.values["verdict_timeout_s"]
        while self._verdict is None and monotonic() < until and self.node.context.ok():
            try:
                if self.values["lockstep"]:  # the judge has seen all that is to come
                    self._link.handle(lambda: self._verdict is not None, _in_s(0.2))
                else:
                    self.session.step()
            except BackendError:
                return

    def finish(self) -> None:
        """Write what is to be written and leave the robot damped."""
        summary = self._summary()
        for line in self.backend.punctuality.lines():
            self._say(line)
        if self.values["summary"]:
            text = json.dumps(summary, indent=2, ensure_ascii=False)
            Path(self.values["summary"]).write_text(text + "\n", encoding="utf-8")
        for observer in self._owned:
            observer.close()
        close_quietly(self.backend)
        self._action.destroy()
        self.node.destroy_node()

    def _summary(self) -> dict[str, Any]:
        last = self.session.last
        result = last.result if last else None
        return {
            "task": last.task.text if last else None,
            "result": result.as_dict() if result else None,
            "verdict": self._verdict,
            "loop": self.backend.punctuality.as_dict(),
            "clock_jumps": [str(jump) for jump in self.backend.jumps],
        }

    def _read_task(self, words: str) -> Task:
        setting = self._setting
        return read_task(words, setting.options, setting.robot, setting.scene)

    def _say(self, text: str) -> None:
        self._log.info(text)

    def _warn(self, text: str) -> None:
        self._log.warning(text)


def _answering(request: Callable[[], Answer]) -> Callable[[Any, Any], Any]:
    def answer(_: Any, response: Any) -> Any:
        given = request()
        response.success, response.message = given.accepted, given.text
        return response

    return answer


def one_line(error: Exception) -> str:
    """Return what an error says, without line breaks."""
    return " ".join(str(error).split())


def _in_s(seconds: float) -> int:
    from time import monotonic_ns

    return monotonic_ns() + int(seconds * 1e9)


def main(args: Sequence[str] | None = None) -> int:
    """Run the node; the exit code says how the only task went."""
    praxis: PraxisNode | None = None
    try:
        # Our own handlers: the last command has to go out before ROS is shut down.
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        end_on_signals()
        praxis = PraxisNode(Node("praxis"))
        return praxis.run()
    except (*BAD_REQUEST, BadParameter) as error:
        print(f"praxis: {one_line(error)}", file=sys.stderr)
        return BAD_INPUT
    except (Ended, ExternalShutdownException):
        return DONE
    finally:
        ignore_signals()
        if praxis is not None:
            praxis.finish()
        rclpy.try_shutdown()


if __name__ == "__main__":
    sys.exit(main())
