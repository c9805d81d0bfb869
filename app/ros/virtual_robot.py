"""The virtual robot: MuJoCo in a process of its own that speaks the robot's topics.

It has its own clock. In real time it keeps up with the wall clock and takes whatever
command came last; in lock-step it waits for the command to each of its states.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic_ns, time_ns
from typing import Any

import rclpy
from praxis_msgs.msg import JointCommand as JointCommandMessage
from praxis_msgs.srv import ResetSimulation
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import String

from app.ros.course import Course
from app.ros.declare import declare
from app.ros.end import Ended, end_on_signals, ignore_signals
from app.ros.parameter import BadParameter
from app.ros.parameters import VIRTUAL_ROBOT, robot_name
from app.ros.virtual_topics import VirtualTopics
from app.ros.virtual_world import VirtualWorld
from configs.loader import ConfigError, load_robot, load_scene
from sim2real.chosen_robot import choose_robot
from sim2real.hazards import Reaction
from sim2real.mujoco_model import CONTROL_DT
from sim2real.real_time import become_real_time
from sim2real.robot import BackendError
from sim2real.ros2.commands import CommandReader
from sim2real.ros2.qos import command_qos, latched_qos
from sim2real.ros2.readings import NANOSECONDS, stamp_of
from sim2real.ros2.refusal import Refusal

SIMULATED_START_NS = NANOSECONDS  # 0 would read as "no time" elsewhere
AGAIN_NS = 250_000_000  # a state that nobody answers is sent again so often
MOST_BEHIND_NS = 500_000_000  # then it gives up on catching up


class VirtualRobot:
    """Steps the world at its pace, and obeys."""

    def __init__(self, node: Node) -> None:
        """Declare parameters, build the world, advertise.

        Raises:
            ConfigError: if a file cannot be used.
            BadParameter: for a parameter that cannot.
        """
        self.node = node
        self._log = node.get_logger()
        self._values = values = declare(node, VIRTUAL_ROBOT)
        robot = load_robot(robot_name(values["robot"]))
        self._lockstep: bool = values["lockstep"]
        self._speed: float = 1.0 if self._lockstep else values["speed"]
        self._simulated: bool = (
            self._lockstep or self._speed != 1.0 or values["publish_clock"]
        )
        period = CONTROL_DT if self._lockstep else 1.0 / values["state_hz"]
        self.world = VirtualWorld(
            robot,
            load_scene(values["scene"]),
            period=period,
            parameters=choose_robot(values["robot_parameters"] or None, robot),
            command_timeout_s=values["command_timeout_s"],
            hoisted=values["hoisted"],
        )
        self._period_ns = round(period * NANOSECONDS)
        self._reader = CommandReader(robot)
        self._answered = -1  # stamp of the newest command
        self._unreadable = 0
        self._refused: set[str] = set()  # commanders, by name
        self._commander = ""
        # One thread reads, in the order in which courses came.
        self._readers = ThreadPoolExecutor(max_workers=1)
        self._courses: deque[Course] = deque()
        self._topics = VirtualTopics(
            node, robot, values, period=period, simulated_time=self._simulated
        )
        self._listen()
        self.world.reset(values["seed"])
        self._stamp = SIMULATED_START_NS
        self._restarted = False
        self._log.info(
            f"virtual {robot.name} in {values['scene']}, seed {values['seed']}, "
            + ("lock-step" if self._lockstep else f"{values['state_hz']:g} Hz")
            + (f", speed {self._speed:g}" if self._speed != 1.0 else "")
        )

    def _listen(self) -> None:
        node = self.node
        node.create_subscription(String, "task_course", self._on_course, latched_qos())
        node.create_subscription(
            JointCommandMessage, "joint_command", self._on_command, command_qos()
        )
        node.create_service(ResetSimulation, "reset_simulation", self._on_reset)

    # --- callbacks --------------------------------------------------------------------

    def _on_command(self, message: Any) -> None:
        command = self._reader.read(message)
        if isinstance(command, Refusal):
            self._unreadable += 1
            if self._unreadable == 1:
                self._log.error(f"a command is refused: {command.text}")
            return
        stamp = stamp_of(message)
        if self._lockstep and stamp != self._stamp:
            return  # an answer to a state of before
        source = message.header.frame_id
        if self.world.obey(command, source, waits=self._lockstep):
            self._answered = stamp
        elif source not in self._refused:
            self._refused.add(source)
            self._log.error(
                f"commands of '{source}' are refused: {self.world.commander} has the "
                "joints"
            )

    def _on_course(self, message: Any) -> None:
        if self._lockstep:
            self._read_course(message.data)
            self._follow()
        else:  # it takes longer than a period, and no robot stops to read
            self._readers.submit(self._read_course, message.data)

    def _read_course(self, text: str) -> None:
        try:
            self._courses.append(Course.from_data(json.loads(text)))
        except (ValueError, KeyError, TypeError) as error:
            self._log.error(f"task_course cannot be read: {error}")

    def _follow(self) -> None:
        while self._courses:
            self.world.judge.follow(self._courses.popleft())

    def _on_reset(self, request: Any, response: Any) -> Any:
        response.lockstep, response.speed = self._lockstep, self._speed
        if request.seed < 0:
            response.success = False
            response.message = f"expected a seed of 0 or more, got {request.seed}"
            return response
        self.world.reset(int(request.seed))
        self._tell_commander()
        # No state of the old world can be taken for one of the new.
        self._stamp += NANOSECONDS
        self._answered = -1
        if not self._simulated:
            self._stamp = time_ns()
        response.success = True
        response.message = f"a new world of seed {request.seed}"
        response.stamp.sec, response.stamp.nanosec = divmod(self._stamp, NANOSECONDS)
        self._restarted = True
        return response

    # --- the loop ---------------------------------------------------------------------

    def run(self) -> None:
        """Go on until ROS is shut down."""
        executor = SingleThreadedExecutor(context=self.node.context)
        executor.add_node(self.node)
        try:
            if self._lockstep:
                self._run_in_lockstep(executor)
            else:
                if self._values["real_time"]:
                    become_real_time(priority=self._values["real_time_priority"])
                self._run_in_real_time(executor)
        finally:
            # In this order: what is torn down by itself may take the process with it.
            executor.shutdown(timeout_sec=0.0)
            self._readers.shutdown(wait=False, cancel_futures=True)
            self.node.destroy_node()
            self.world.close()

    def _run_in_lockstep(self, executor: SingleThreadedExecutor) -> None:
        while self.node.context.ok():
            self._publish()
            sent = monotonic_ns()
            self._restarted = False
            while self._answered != self._stamp and not self._restarted:
                executor.spin_once(timeout_sec=0.05)
                if not self.node.context.ok():
                    return
                if monotonic_ns() - sent > AGAIN_NS:
                    self._publish()
                    self._tell_verdict()
                    sent = monotonic_ns()
            if not self._restarted:
                self._advance()

    def _run_in_real_time(self, executor: SingleThreadedExecutor) -> None:
        wall = round(self._period_ns / self._speed)
        if not self._simulated:
            self._stamp = time_ns()
        due = monotonic_ns()
        fell = False
        while self.node.context.ok():
            self._publish()
            due += wall
            while (left := due - monotonic_ns()) > 0:
                executor.spin_once(timeout_sec=left * 1e-9)
                if not self.node.context.ok():
                    return
            if self._restarted:
                self._restarted, fell = False, False
                due = monotonic_ns()
                continue
            behind = monotonic_ns() - due
            if behind > MOST_BEHIND_NS:
                self._log.warning(
                    f"{behind * 1e-6:.0f} ms behind the wall clock: this computer is "
                    "too slow or too busy; lower speed"
                )
                due += behind
                if not self._simulated:
                    self._stamp += behind
            self._follow()
            self._advance()
            if self.world.fell and not fell:
                fell = True
                self._log.warning("the virtual robot fell")

    def _advance(self) -> None:
        self.world.advance()
        self._stamp += self._period_ns
        self._tell_commander()
        self._tell_verdict()

    def _publish(self) -> None:
        world = self.world
        self._topics.tell_state(world.state, world.objects, self._stamp, world.ticks)

    def _tell_commander(self) -> None:
        commander = self.world.commander
        if commander == self._commander:
            return
        self._commander = commander
        self._topics.tell_commander(commander)
        if self.world.reaction is not Reaction.OK:
            self._log.warning(
                f"no command for too long: {self.world.reaction.value}, by itself"
            )
        elif commander:
            self._log.info(f"{commander} has the joints")

    def _tell_verdict(self) -> None:
        sentence = self.world.judge.sentence(self._stamp)
        if sentence is None:
            return
        self._topics.tell_verdict(sentence, self.world.seed)
        if sentence.success:
            judgement = sentence.judgement
            self._log.info(f"the physics {judgement.verdict.value}: {judgement.reason}")


def main(args: Sequence[str] | None = None) -> int:
    """Run the virtual robot until it is told to stop."""
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        end_on_signals()
        VirtualRobot(Node("virtual_robot")).run()
    except (ConfigError, BadParameter, BackendError) as error:
        print(f"virtual_robot: {error}", file=sys.stderr)
        return 2
    except (Ended, ExternalShutdownException):
        pass
    finally:
        ignore_signals()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
