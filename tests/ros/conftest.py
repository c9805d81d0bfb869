"""Real ROS 2 processes; without ROS 2 the tests here are skipped by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch, worker_number: int) -> int:
    """A domain of its own, on this computer only: nobody else's topics are heard."""
    number = 60 + (os.getpid() + worker_number) % 40
    monkeypatch.setenv("ROS_DOMAIN_ID", str(number))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    return number


@pytest.fixture
def worker_number(request: pytest.FixtureRequest) -> int:
    return sum(map(ord, request.node.name)) % 40


@pytest.fixture
def start(domain: int) -> Iterator[Start]:
    """Starts programs of Praxis as processes, and ends them."""
    running: list[subprocess.Popen[str]] = []

    def begin(module: str, *parameters: str) -> subprocess.Popen[str]:
        words = [word for p in parameters for word in ("-p", p)]
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--ros-args", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.communicate(timeout=10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


class Client:
    """A node that asks and listens."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        self.context = rclpy.Context()
        self.context.init()
        self.node = rclpy.create_node("tester", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)

    def wait(self, done: Callable[[], bool], what: str) -> None:
        end = self.node.get_clock().now().nanoseconds + int(PATIENCE_S * 1e9)
        while not done():
            assert self.node.get_clock().now().nanoseconds < end, f"waited for {what}"
            self.executor.spin_once(timeout_sec=0.1)

    def listen(self, kind: Any, topic: str, qos: Any = 10) -> list[Any]:
        heard: list[Any] = []
        self.node.create_subscription(kind, topic, heard.append, qos)
        return heard

    def ask(self, kind: Any, name: str, request: Any) -> Any:
        client = self.node.create_client(kind, name)
        self.wait(client.service_is_ready, f"the service {name}")
        answer = client.call_async(request)
        self.wait(answer.done, f"an answer of {name}")
        return answer.result()

    def close(self) -> None:
        self.executor.shutdown(timeout_sec=0.0)
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def client(domain: int) -> Iterator[Client]:
    made = Client()
    yield made
    made.close()
