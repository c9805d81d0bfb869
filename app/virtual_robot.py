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
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from praxis_msgs.msg import JointCommand as JointCommandMessage
from praxis_msgs.msg import ObjectStates
from praxis_msgs.srv import ResetSimulation
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import Bool, String
from tf2_msgs.msg import TFMessage

from app.ros_declare import declare
from app.ros_end import Ended, end_on_signals, ignore_signals
from app.ros_parameters import VIRTUAL_ROBOT, BadParameter, robot_name
from app.virtual_world import Course, VirtualWorld
from configs.loader import ConfigError, load_robot, load_scene
from sim2real.chosen_robot import choose_robot
from sim2real.hazards import Reaction
from sim2real.mujoco_model import CONTROL_DT
from sim2real.real_time import become_real_time
from sim2real.robot import BackendError
from sim2real.ros2.commands import CommandReader
from sim2real.ros2.link import command_qos, latched_qos, sensor_qos
from sim2real.ros2.readings import NANOSECONDS, stamp_of
from sim2real.ros2.refusal import Refusal
from sim2real.ros2.states import StateWriter, set_xyz, set_xyzw, stamped
from sim2real.ros2.things import ThingsWriter

SIMULATED_START_NS = NANOSECONDS  # 0 would read as "no time" elsewhere
AGAIN_NS = 250_000_000  # a state that nobody answers is sent again so often
MOST_BEHIND_NS = 500_000_000  # then it gives up on catching up
DEADLINE_PERIODS = 4.0  # between two states, that it promises


class VirtualRobot:
    """Steps the world and publishes what it measures."""

    def __init__(self, node: Node) -> None:
        """Declare parameters, build the world, advertise.

        Raises:
            ConfigError: if a file cannot be used.
            BadParameter: for a parameter that cannot.
        """
        self.node = node
        self._log = node.get_logger()
        values = declare(node, VIRTUAL_ROBOT)
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
        self._every = {
            "odom": _every(values["odom_hz"], period, self._lockstep),
            "objects": _every(values["objects_hz"], period, self._lockstep),
        }
        self._seed: int = values["seed"]
        self._reader = CommandReader(robot)
        self._answered = -1  # stamp of the newest command
        self._unreadable = 0
        self._refused: set[str] = set()  # commanders, by name
        self._commander = ""
        # One thread reads, in the order in which courses came.
        self._readers = ThreadPoolExecutor(max_workers=1)
        self._courses: deque[Course] = deque()
        self._advertise(robot, values)
        self.world.reset(self._seed)
        self._real_time: bool = values["real_time"]
        self._priority: int = values["real_time_priority"]
        self._stamp = SIMULATED_START_NS
        self._log.info(
            f"virtual {robot.name} in {values['scene']}, seed {self._seed}, "
            + ("lock-step" if self._lockstep else f"{values['state_hz']:g} Hz")
            + (f", speed {self._speed:g}" if self._speed != 1.0 else "")
        )

    def _advertise(self, robot: Any, values: dict[str, Any]) -> None:
        node, world = self.node, values["world_frame"]
        reliable = self._lockstep
        promise = DEADLINE_PERIODS / values["state_hz"] / self._speed
        # A promise that lock-step could not keep is not given.
        qos = sensor_qos(reliable=reliable, deadline_s=0.0 if reliable else promise)
        slack = sensor_qos(reliable=reliable)
        self._joints = node.create_publisher(JointState, "joint_states", qos)
        self._imu = node.create_publisher(Imu, "imu/data", qos)
        self._odom = node.create_publisher(Odometry, "odom", slack)
        self._objects = node.create_publisher(ObjectStates, "objects", slack)
        self._verdict = node.create_publisher(String, "verdict", latched_qos())
        self._commanders = node.create_publisher(String, "commander", latched_qos())
        self._stop = node.create_publisher(Bool, "emergency_stop", latched_qos())
        self._stop.publish(Bool(data=False))
        self._clock = None
        if self._simulated:
            self._clock = node.create_publisher(Clock, "/clock", sensor_qos())
        self._tf = None
        if values["publish_tf"]:
            self._tf = node.create_publisher(TFMessage, "/tf", 10)
        self._writer = StateWriter(
            robot, joints=JointState(), imu=Imu(), odom=Odometry(), world_frame=world
        )
        self._things = ThingsWriter(ObjectStates(), world)
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
            self.world.follow(self._courses.popleft())

    def _on_reset(self, request: Any, response: Any) -> Any:
        if request.seed < 0:
            response.success = False
            response.message = f"expected a seed of 0 or more, got {request.seed}"
            return response
        self.world.reset(int(request.seed))
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
            self._run(executor)
        finally:
            # In this order: what is torn down by itself may take the process with it.
            executor.shutdown(timeout_sec=0.0)
            self._readers.shutdown(wait=False, cancel_futures=True)
            self.node.destroy_node()
            self.world.close()

    def _run(self, executor: SingleThreadedExecutor) -> None:
        self._restarted = False
        if self._real_time and not self._lockstep:
            become_real_time(priority=self._priority)
        if self._lockstep:
            self._run_in_lockstep(executor)
        else:
            self._run_in_real_time(executor)

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
            if self._restarted:
                continue
            self.world.advance()
            self._stamp += self._period_ns
            self._tell_commander()
            self._tell_verdict()

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
            self.world.advance()
            self._stamp += self._period_ns
            self._tell_commander()
            self._tell_verdict()
            if self.world.fell and not fell:
                fell = True
                self._log.warning("the virtual robot fell")

    def _publish(self) -> None:
        world, stamp, ticks = self.world, self._stamp, self.world.ticks
        state = world.state
        if self._clock is not None:
            clock = Clock()
            clock.clock.sec, clock.clock.nanosec = divmod(stamp, NANOSECONDS)
            self._clock.publish(clock)
        if ticks % self._every["objects"] == 0:
            self._objects.publish(self._things.write(world.objects, stamp))
        if ticks % self._every["odom"] == 0:
            self._odom.publish(self._writer.write_odom(state, stamp))
            if self._tf is not None:
                self._tf.publish(self._transforms(stamp))
        self._imu.publish(self._writer.write_imu(state, stamp))
        self._joints.publish(self._writer.write_joints(state, stamp))

    def _transforms(self, stamp: int) -> TFMessage:
        message = TFMessage()
        odom = self._writer.odom
        parts = [(odom.child_frame_id, self.world.state.base_pos_w)]
        quats = [self.world.state.base_quat_wxyz]
        for name, thing in self.world.objects.items():
            parts.append((name, thing.pos_w))
            quats.append(thing.quat_wxyz)
        for (child, pos), quat in zip(parts, quats, strict=True):
            transform = TransformStamped(child_frame_id=child)
            transform.header.frame_id = odom.header.frame_id
            set_xyz(transform.transform.translation, pos)
            set_xyzw(transform.transform.rotation, quat)
            message.transforms.append(stamped(transform, stamp))
        return message

    def _tell_commander(self) -> None:
        commander = self.world.commander
        if commander == self._commander:
            return
        self._commander = commander
        self._commanders.publish(String(data=commander))
        if self.world.reaction is Reaction.OK:
            self._log.info(f"{commander} has the joints")
        else:
            self._log.warning(
                f"no command for too long: {self.world.reaction.value}, by itself"
            )

    def _tell_verdict(self) -> None:
        sentence = self.world.sentence(self._stamp)
        if sentence is None:
            return
        judgement = sentence.judgement
        data = {
            "number": sentence.number,
            "seed": self.world.seed,
            "success": sentence.success,
            "verdict": judgement.verdict.value,
            "reason": judgement.reason,
        }
        self._verdict.publish(String(data=json.dumps(data)))
        if sentence.success:
            self._log.info(f"the physics {judgement.verdict.value}: {judgement.reason}")


def _every(rate_hz: float, period: float, lockstep: bool) -> int:
    """Return in how many states one of a slower topic is due."""
    return 1 if lockstep else max(1, round(1.0 / (rate_hz * period)))


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
