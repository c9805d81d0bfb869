"""What a plain deployment does: newest state in, TorchScript policy, command out.

Standing only, with the balance policy's own weights; the observation is computed with
the function that Praxis uses, so that both loops evaluate the very same network on the
very same numbers. One timer at 50 Hz, and the node's real-time measures: frozen garbage
collector, locked memory, SCHED_FIFO where that is permitted.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from time import monotonic_ns, time_ns
from typing import Any

import numpy as np
import onnx
import rclpy
import torch
from onnx import numpy_helper
from praxis_msgs.msg import JointCommand as JointCommandMessage
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import Imu, JointState

from configs.loader import load_robot
from sim2real.joint_map import JointMap
from sim2real.real_time import Punctuality, become_real_time
from sim2real.robot import RobotState
from sim2real.ros2.commands import CommandWriter
from sim2real.ros2.qos import command_qos, sensor_qos
from sim2real.ros2.readings import stamp_of, vector_of, wxyz_of
from skills.library import policy_path
from skills.policy import Policy

PERIOD_S = 0.02
STAND = {
    "velocity_command": np.zeros(3),
    "gait_phase": 0.0,
    "moving": 0.0,
}


class Graph(torch.nn.Module):
    """The nodes of a small ONNX network, in their order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        graph = onnx.load(str(path)).graph
        weights = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        layers: list[torch.nn.Module] = []
        for node in graph.node:
            if node.op_type == "Gemm":
                layers.append(_linear(node, weights))
            elif node.op_type == "Elu":
                layers.append(torch.nn.ELU())
            elif node.op_type == "Tanh":
                layers.append(torch.nn.Tanh())
            else:
                raise NotImplementedError(node.op_type)
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, obs: torch.Tensor) -> torch.Tensor:
        return self.layers(obs)


def _linear(node: Any, weights: dict[str, np.ndarray[Any, Any]]) -> torch.nn.Linear:
    weight = torch.tensor(weights[node.input[1]].copy())
    if not any(a.name == "transB" and a.i == 1 for a in node.attribute):
        weight = weight.T
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data = weight.contiguous()
    layer.bias.data = torch.tensor(weights[node.input[2]].copy())
    return layer


class PlainLoop(Node):
    """A timer, two subscriptions and a publisher."""

    def __init__(self) -> None:
        super().__init__("plain_loop")
        self.declare_parameter("summary", "")
        robot = load_robot()
        torch.set_num_threads(1)
        path = policy_path("balance")
        self._policy = Policy.load(path, robot)
        network = torch.jit.script(Graph(path).eval())
        self._network = torch.jit.freeze(network)
        self._order = JointMap(self._policy.joints, robot.joint_names)
        self._robot = robot
        self._joints: Any = None
        self._imu: Any = None
        self._received = 0
        self.punctuality = Punctuality(period=PERIOD_S, deadline=PERIOD_S / 2)
        self._due = 0
        self._writer = CommandWriter(JointCommandMessage(), robot.joint_names)
        self._out = self.create_publisher(
            JointCommandMessage, "joint_command", command_qos()
        )
        self.create_subscription(
            JointState, "joint_states", self._on_joints, sensor_qos()
        )
        self.create_subscription(Imu, "imu/data", self._on_imu, sensor_qos())
        self.create_timer(PERIOD_S, self._tick)

    def _on_joints(self, message: Any) -> None:
        self._joints, self._received = message, monotonic_ns()

    def _on_imu(self, message: Any) -> None:
        self._imu = message

    def _tick(self) -> None:
        if self._joints is None or self._imu is None:
            return
        stamp = stamp_of(self._joints)
        state = RobotState(
            time=stamp * 1e-9,
            joint_pos=np.array(self._joints.position),
            joint_vel=np.array(self._joints.velocity),
            joint_effort=np.array(self._joints.effort),
            base_pos_w=np.zeros(3),
            base_quat_wxyz=wxyz_of(self._imu.orientation),
            base_lin_vel_w=np.zeros(3),
            base_ang_vel=vector_of(self._imu.angular_velocity),
        )
        if self.punctuality.ticks == 0:
            self._policy.reset(state)
        observation = self._policy.observe(state, STAND)
        with torch.no_grad():
            action = self._network(torch.from_numpy(observation)[None])[0].numpy()
        contract = self._policy.contract.action
        action = np.clip(action, -contract.clip, contract.clip)
        self._policy._last_action = action
        target = (
            np.array(contract.default_joint_pos) + np.array(contract.scale) * action
        )
        from sim2real.robot import JointCommand

        command = JointCommand(
            joint_pos=self._order.put(target, into=self._robot.default_joint_pos),
            stiffness=self._robot.stiffness,
            damping=self._robot.damping,
        )
        self._out.publish(self._writer.write(command, stamp))
        sent = monotonic_ns()
        self._due = self._due + int(PERIOD_S * 1e9) if self._due else sent
        self.punctuality.note(
            received_ns=self._received, sent_ns=sent, due_ns=self._due
        )
        self.punctuality.stamp_to_command.add((time_ns() - stamp) * 1e-9)


def main() -> int:
    rclpy.init()
    loop = PlainLoop()
    summary = str(loop.get_parameter("summary").value)
    granted = become_real_time()
    if granted.warning is not None:
        loop.get_logger().warning(granted.warning)
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(loop)
    if summary:
        Path(summary).write_text(json.dumps(loop.punctuality.as_dict()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
