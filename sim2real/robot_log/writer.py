"""Write a log while the robot runs, without ever holding it up.

The control loop only encodes (some microseconds for each message) and puts the bytes
into a buffer; a thread looks at the buffer ten times a second, compresses and writes.
If the disk does not keep up the buffer fills, and what no longer fits is dropped and
counted; if it fails, one line says so and the robot goes on.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import IO, Any

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.robot_log import definitions as topic
from sim2real.robot_log.file_contents import ENDING, METADATA
from sim2real.robot_log.log_error import LogError, LogFault, mcap_library
from sim2real.robot_log.messages import Messages, text
from sim2real.robot_log.records import FORMAT, PolicyStep, SkillEvent

CHUNK_SIZE = 256 * 1024  # a run that is killed loses this much at most [bytes]
BUFFER_SIZE = 64 * 1024 * 1024  # a minute of a G1 at 50 Hz [bytes]
LOOK_EVERY_S = 0.1


class RobotLogWriter:
    """Writes states, commands and policy steps; use it as a context manager.

    Nothing here raises once the file is open.

    Attributes:
        path: of the file.
        dropped: messages that did not fit into the buffer, or into their own form.
        broken: why nothing is written any more, or None.
    """

    def __init__(
        self,
        path: Path,
        robot: RobotConfig,
        metadata: Mapping[str, object] | None = None,
        *,
        control_dt: float | None = None,
        start_time_ns: int = 0,
        buffer_size: int = BUFFER_SIZE,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Open the file and write down whose log this is.

        Args:
            path: of the file; one that exists is replaced.
            robot: whose joints these are.
            metadata: what else is worth knowing: task, scene, seed, backend, digests.
            control_dt: period of the control loop [s], if there is one.
            start_time_ns: what clock the stamps count on: the time at which robot
                time was 0. The default 0 makes stamps robot time itself.
            buffer_size: of what waits for the disk [bytes].
            warn: told once if the file cannot be written any further.

        Raises:
            ConfigError: if `mcap` is not installed.
            LogError: if the file cannot be written at all.
        """
        mcap_library()
        self.path = path
        self.dropped = 0
        self.broken: str | None = None
        self._start_ns = start_time_ns
        self._warn = warn
        self._messages = Messages(robot)
        self._buffer: deque[tuple[str, int, bytes]] = deque()
        self._waiting, self._written = 0, 0  # bytes put in, bytes taken out
        self._limit = buffer_size
        self._file = _opened(path)
        head = {
            "format": FORMAT,
            "robot": robot.name,
            "revision": robot.revision,
            "joint_names": ",".join(robot.joint_names),
            "start_time_ns": start_time_ns,
            **({} if control_dt is None else {"control_dt": repr(float(control_dt))}),
            **(metadata or {}),
        }
        self._mcap = _McapFile(self._file, head)
        self._stop = Event()
        self._thread = Thread(target=self._drain, name="robot log", daemon=True)
        self._thread.start()

    def write_state(self, state: RobotState) -> None:
        """Note what the robot measured."""
        make = self._messages
        self._put(topic.JOINT_STATES, state.time, make.joint_state, state)
        self._put(topic.IMU, state.time, make.imu, state)
        self._put(topic.ODOMETRY, state.time, make.odometry, state)

    def write_command(self, time: float, command: JointCommand) -> None:
        """Note what was sent to the joints at a robot time [s]."""
        self._put(topic.JOINT_COMMAND, time, self._messages.joint_command, command)

    def write_objects(
        self, state: RobotState, objects: Mapping[str, ObjectState]
    ) -> None:
        """Note what perception reports together with a state, and where the base is."""
        make = self._messages
        self._put(topic.OBJECTS, state.time, make.objects, objects)
        self._put(topic.TRANSFORMS, state.time, make.transforms, state, objects)

    def write_policy_step(self, step: PolicyStep) -> None:
        """Note what a policy saw and answered."""
        self._put(topic.POLICY_STEP, step.time, self._messages.policy_step, step)

    def write_event(self, event: SkillEvent) -> None:
        """Note that a skill was started or stopped."""
        words = {"event": event.kind, "skill": event.skill, "args": dict(event.args)}
        line = json.dumps(words, ensure_ascii=False)
        self._put(topic.SKILL_EVENT, event.time, text, line)

    def write_task(self, time: float, words: str) -> None:
        """Note what the operator asked for."""
        self._put(topic.TASK, time, text, words)

    def close(self) -> None:
        """Write what still waits, and the index; a second call does nothing."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        self._try(lambda: self._mcap.finish({"dropped": self.dropped}))
        self._try(self._file.close)

    def __enter__(self) -> RobotLogWriter:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, whatever happened."""
        self.close()

    def _put(
        self, name: str, time: float, make: Callable[..., bytes], *what: object
    ) -> None:
        stamp_ns = self._start_ns + round(time * 1e9) if abs(time) < 1e9 else 0
        try:
            data = make(stamp_ns, *what)
        except (ValueError, TypeError):  # a broken sensor is no reason to fall
            self.dropped += 1
            return
        if self._waiting - self._written + len(data) > self._limit:
            self.dropped += 1
            return
        self._waiting += len(data)  # only here; `_written` only in the thread
        self._buffer.append((name, max(stamp_ns, 0), data))

    def _drain(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stop.wait(LOOK_EVERY_S)
            while self._buffer:
                name, stamp_ns, data = self._buffer.popleft()
                if self.broken is None:
                    self._write(name, stamp_ns, data)
                self._written += len(data)

    def _write(self, name: str, stamp_ns: int, data: bytes) -> None:
        self._try(lambda: self._mcap.add(name, stamp_ns, data))

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # whatever it is, the robot goes on
            if self.broken is None:
                self.broken = getattr(error, "strerror", None) or str(error)
                self._warn(f"the log {self.path} ends here ({self.broken})")


class _McapFile:
    """The library's writer, with our topics."""

    def __init__(self, file: IO[bytes], head: Mapping[str, object]) -> None:
        from mcap.writer import Writer
        from mcap_ros2 import __version__

        self._writer = Writer(file, chunk_size=CHUNK_SIZE)
        self._writer.start(profile="ros2", library=f"praxis; mcap-ros2 {__version__}")
        self._writer.add_metadata(METADATA, _words(head))
        self._channels: dict[str, int] = {}
        self._schemas: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, stamp_ns: int, data: bytes) -> None:
        if name not in self._channels:
            self._channels[name] = self._register(name)
        self._counts[name] = self._counts.get(name, 0) + 1
        self._writer.add_message(
            channel_id=self._channels[name],
            log_time=stamp_ns,
            publish_time=stamp_ns,
            sequence=self._counts[name],
            data=data,
        )

    def _register(self, name: str) -> int:
        kind = topic.TYPES[name]
        if kind not in self._schemas:
            definition = topic.definition_of(kind).encode()
            self._schemas[kind] = self._writer.register_schema(
                name=kind, encoding="ros2msg", data=definition
            )
        return self._writer.register_channel(
            topic=name, message_encoding="cdr", schema_id=self._schemas[kind]
        )

    def finish(self, ending: Mapping[str, object]) -> None:
        self._writer.add_metadata(ENDING, _words(ending))
        self._writer.finish()  # type: ignore[no-untyped-call]


def _words(data: Mapping[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in data.items()}


def _opened(path: Path) -> IO[Any]:
    try:
        return path.open("wb")
    except OSError as error:
        raise LogError(
            LogFault.UNREADABLE,
            path,
            f"the log cannot be written there ({error.strerror}). Choose another "
            "place.",
        ) from None
