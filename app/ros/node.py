"""The node `praxis`: the skill runtime on ROS 2 topics, services and an action.

One thread does everything: callbacks run between two ticks of the control loop, while
it waits for the robot's next state, and only note what came.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import rclpy
from geometry_msgs.msg import Twist
from praxis_msgs.srv import SetPolicy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import String
from std_srvs.srv import Trigger

from app.build import read_task
from app.check_command import check_policies
from app.console import EventLines
from app.control_loop import Observer
from app.records.run_log import RunLog
from app.records.trace_file import TraceFile
from app.ros.build import make_all_skills, make_assembly, read_setting
from app.ros.declare import declare
from app.ros.diagnostics import Diagnostics
from app.ros.end import Ended, end_on_signals, ignore_signals
from app.ros.judge_afar import JudgeAfar
from app.ros.lifetime import BAD_INPUT, DONE, Lifetime
from app.ros.node_parameters import NODE, frames_by_thing
from app.ros.operator_requests import Requests
from app.ros.parameter import BadParameter
from app.ros.phases import Phases
from app.ros.policy_steps import PolicySteps
from app.ros.reports import Reports
from app.ros.session import Session
from app.ros.task_action import TaskAction
from app.ros.ticket import BAD_REQUEST, Answer, one_line
from planners.task import Task
from sim2real.adaptation.known_file import known_robot, text_of
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot import BackendError
from sim2real.ros2.inbox import Inbox, InboxConfig
from sim2real.ros2.link import RosLink
from sim2real.ros2.qos import latched_qos
from skills.drive import Drive
from skills.library import POLICY_DIR


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
        self._values = values = declare(node, NODE)
        self._setting = setting = read_setting(values)
        self._inbox = self._make_inbox()
        self._link = RosLink(
            node,
            setting.robot,
            self._inbox,
            reliable=values["lockstep"],
            deadline_s=values["qos_deadline_s"],
        )
        self._backend = backend = Ros2Backend(
            setting.robot,
            setting.scene,
            link=self._link,
            inbox=self._inbox,
            lockstep=values["lockstep"],
            restarts=values["restart_simulation"],
            speed=values["speed"],
            heartbeat_age_s=self._heartbeat_age_s,
        )
        skills = make_all_skills(setting)
        assembly = make_assembly(setting, backend, skills)
        courses = node.create_publisher(String, "task_course", latched_qos())
        self._judge = JudgeAfar(
            lambda text: courses.publish(String(data=text)),
            lambda: backend.stamp_ns,
            self._warn,
        )
        self._reports = Reports(
            node,
            backend,
            frame=values["world_frame"],
            status_hz=lambda: float(node.get_parameter("status_hz").value),
            mode=lambda: self._session.mode,
            diagnostics=Diagnostics(node, backend, lambda: self._session.phases.checks),
        )
        self._reports.assembly = assembly
        self._owned = self._observers()
        drive = skills[Drive.name]
        self._session = Session(
            assembly,
            observers=(*self._owned, self._judge, PolicySteps(node, backend)),
            watchers=(self._reports,),
            phases=self._make_phases(),
            autostart=values["autostart"],
            drive=drive if isinstance(drive, Drive) else None,
            seed=values["seed"],
            cmd_vel_timeout_s=values["cmd_vel_timeout_s"],
            say=self._say,
        )
        self._requests = Requests(
            self._session,
            self._read_task,
            lambda files: make_all_skills(setting, files),
        )
        self._action = TaskAction(node, self._requests, self._warn)
        self._session.observe(self._action)
        self._lifetime = self._make_lifetime()
        self._advertise()

    def _make_inbox(self) -> Inbox:
        values, setting = self._values, self._setting
        config = InboxConfig(
            world_frame=values["world_frame"],
            base_frame=values["base_frame"],
            base_from_tf=values["base_from_tf"],
            object_frames=frames_by_thing(values["object_frames"]),
            furniture_from_scene=values["furniture_from_scene"],
        )
        inbox = Inbox(setting.robot, setting.scene, config)
        inbox.operator.on_pressed = self._on_pressed
        return inbox

    def _make_phases(self) -> Phases:
        values, setting = self._values, self._setting
        policies = setting.options.policies or POLICY_DIR
        return Phases(
            setting.robot,
            self._backend.control_dt,
            hoisted=values["hoisted"],
            clocked=not values["lockstep"],
            heartbeat_s=values["heartbeat_timeout_s"],
            emergency_stop=lambda: self._inbox.operator.stop_is_free,
            stop_by_hand=values["emergency_stop"] == "by_hand",
            more_checks=lambda: check_policies(setting.robot, policies),
            say=self._say,
        )

    def _observers(self) -> list[Observer]:
        values, scene = self._values, self._setting.scene.name
        observers: list[Observer] = [EventLines(self._say)]
        if values["trace"]:
            path = Path(values["trace"])
            observers.append(
                TraceFile(path, scene=scene, backend="ros2", warn=self._warn)
            )
        if values["record"]:
            robot, options = self._setting.robot, self._setting.options
            metadata = {
                "scene": scene,
                "backend": "ros2",
                "adapt": options.adapt,
                "identified": text_of(robot, known_robot(options.identified, robot)),
            }
            observers.append(RunLog(Path(values["record"]), metadata, warn=self._warn))
        return observers

    def _make_lifetime(self) -> Lifetime:
        return Lifetime(
            values=self._values,
            session=self._session,
            requests=self._requests,
            backend=self._backend,
            judge=self._judge,
            read_task=self._read_task,
            handle=self._link.handle,
            answer=self._action.answer,
            ok=self.node.context.ok,
            log=self._log,
        )

    def _advertise(self) -> None:
        node, requests = self.node, self._requests
        node.create_subscription(String, "task", self._on_task, 10)
        node.create_subscription(Twist, "cmd_vel", self._on_velocity, 1)
        node.create_subscription(
            String, "verdict", lambda m: self._judge.hear(m.data), latched_qos()
        )
        for name, request in (
            ("start", requests.start),
            ("stop", requests.stop),
            ("pause", requests.pause),
            ("resume", requests.resume),
            ("reset", requests.reset),
            ("damp", requests.damp),
        ):
            node.create_service(Trigger, f"~/{name}", _answering(request))
        node.create_service(SetPolicy, "~/set_policy", self._on_set_policy)

    # --- callbacks: note what came ---

    def _on_task(self, message: Any) -> None:
        answer = self._requests.execute(message.data)
        if isinstance(answer, Answer):
            self._warn(f"task '{message.data}' is refused: {answer.text}")

    def _on_velocity(self, message: Any) -> None:
        timeout = self.node.get_parameter("cmd_vel_timeout_s").value
        self._session.driving.timeout_s = float(timeout)
        linear, angular = message.linear, message.angular
        self._requests.drive((linear.x, linear.y, angular.z))

    def _on_pressed(self) -> None:
        self._warn("the emergency stop is pressed")
        self._requests.damp()

    def _on_set_policy(self, request: Any, response: Any) -> Any:
        answer = self._requests.set_policy(request.skill, request.path)
        response.success, response.message = answer.accepted, answer.text
        return response

    # --- from beginning to end ---

    def run(self) -> int:
        """Go on until ROS is shut down, or the only task is over."""
        return self._lifetime.run()

    def finish(self) -> None:
        """Write what is to be written and leave the robot damped."""
        self._lifetime.sum_up()
        for observer in self._owned:
            observer.close()
        try:
            self._backend.close()
        except BackendError:
            self._log.error("the robot is gone; it could not be damped")
        self._action.destroy()
        self.node.destroy_node()

    def _heartbeat_age_s(self) -> float:
        expected: bool = self._values["heartbeat_timeout_s"] > 0.0
        return self._inbox.operator.silent_s() if expected else 0.0

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
