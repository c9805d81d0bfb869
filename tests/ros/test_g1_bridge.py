"""The bridge between the node and a G1 that pretends, by the vendor's messages."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (docs/ros2.md)")
pytest.importorskip("praxis_msgs", reason="needs praxis_msgs, built (docs/ros2.md)")
pytest.importorskip("unitree_hg", reason="needs unitree_ros2 (docs/unitree_g1.md)")
pytest.importorskip("unitree_api", reason="needs unitree_ros2 (docs/unitree_g1.md)")

KNEE = 3
PATIENT = "silence_s:=1.0"  # this computer may be busy


class Operator:
    """Does what a careful operator does, and keeps what the bridge sends."""

    def __init__(self, client: Any) -> None:
        from std_msgs.msg import Bool, String
        from unitree_hg.msg import LowCmd

        from sim2real.ros2.qos import latched_qos

        self.client = client
        self.ritual = client.listen(String, "g1_bridge/ritual")
        self.commands = client.listen(LowCmd, "lowcmd")
        self.commander = client.listen(String, "commander", latched_qos())
        self.stop = client.listen(Bool, "emergency_stop", latched_qos())
        self._buttons = client.node.create_publisher(String, "pretend/buttons", 10)

    def press(self, *buttons: str) -> None:
        from std_msgs.msg import String

        self._buttons.publish(String(data=" ".join(buttons)))

    def go_to(self, step: str) -> None:
        """Say yes to what is asked, until the ritual is there."""
        from std_srvs.srv import Trigger

        def there() -> bool:
            if not self.ritual:
                return False
            now, waiting = self._now()
            if waiting == "the operator's yes":
                self.client.ask(Trigger, "g1_bridge/confirm", Trigger.Request())
            elif waiting == "commands of the skills":
                self.client.ask(Trigger, "praxis/start", Trigger.Request())
            held = ("L2", "B") if waiting.startswith("L2+B") else ()
            self.press(*held)
            return now in (step, "aborted")

        self.client.wait(there, f"the step {step}")
        assert self._now()[0] == step, self.ritual[-1].data

    def steps(self) -> list[str]:
        """Return the steps of the ritual so far."""
        told = [message.data.split(" | ")[0] for message in self.ritual]
        return [step for step, _ in groupby(told)]

    def _now(self) -> tuple[str, str]:
        parts = self.ritual[-1].data.split(" | ")
        return parts[0], parts[1] if len(parts) > 1 else ""

    def stands(self) -> bool:
        """Whether the newest message holds the robot stiff."""
        return bool(self.commands[-1].motor_cmd[KNEE].kp > 0.0)


def test_from_the_hoist_to_a_robot_that_skills_command_and_the_remote_stops(
    start: Any, client: Any
) -> None:
    operator = Operator(client)
    start("tests.ros.pretended_g1")
    start("sim2real.unitree.ros2_bridge", PATIENT)
    node = start(
        *("app.ros.node", "hoisted:=false", "autostart:=false"),
        *("heartbeat_timeout_s:=2.0", "guard:=false"),
    )
    operator.go_to("ready")
    assert operator.steps()[-11:] == [
        *("hoist", "release", "zero torque", "damping", "check"),
        *("ramp", "stand", "lower", "balance", "unhook", "ready"),
    ]
    assert operator.commander[-1].data.startswith(f"/praxis {node.pid}.")
    assert operator.stop[-1].data is False
    assert operator.stands()
    assert_every_crc_is_right(operator.commands)

    node.kill()  # SIGKILL: it can say no word about it
    client.wait(lambda: operator.commander[-1].data == "the robot itself", "silence")
    count = len(operator.commands)
    client.wait(lambda: len(operator.commands) > count + 20, "more commands")
    assert operator.stands()  # it stands by itself

    operator.press("L2", "B")
    client.wait(lambda: not operator.stands(), "a robot that is damped")
    client.wait(lambda: operator.stop[-1].data is True, "the emergency stop")
    operator.press()
    count = len(operator.commands)
    client.wait(lambda: len(operator.commands) > count + 20, "more commands")
    assert not operator.stands()  # for good


def assert_every_crc_is_right(commands: list[Any]) -> None:
    from sim2real.unitree.messages import LowCmd, crc_of, pack_low_cmd

    assert len(commands) > 100
    for message in commands[::20]:
        motors = message.motor_cmd
        plain = LowCmd(
            mode_machine=message.mode_machine,
            mode_pr=message.mode_pr,
            enabled=np.array([motor.mode == 1 for motor in motors]),
            **{
                key: np.array([getattr(motor, key) for motor in motors], np.float32)
                for key in ("q", "dq", "tau", "kp", "kd")
            },
        )
        assert crc_of(pack_low_cmd(plain)) == message.crc
