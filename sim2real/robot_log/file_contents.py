"""Read an MCAP file from front to back: what is in it, and how far it goes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sim2real.robot_log.log_error import LogError, LogFault, mcap_library

METADATA = "praxis"  # the record that says whose log this is
ENDING = "praxis_end"  # and the one that says how it ended
_MAGIC = b"\x89MCAP0\r\n"


@dataclass(kw_only=True)
class Topic:
    """All messages of one topic, in the order of the file."""

    name: str
    type_name: str
    definition: str
    decode: Callable[[bytes], Any]
    log_ns: list[int] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)

    def messages(self) -> list[SimpleNamespace]:
        """Return them decoded by the library."""
        return [self.decode(data) for data in self.data]


@dataclass(kw_only=True)
class FileContents:
    """What could be read."""

    path: Path
    topics: dict[str, Topic] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    broken: str | None = None  # why it ends too early


def read_file(path: Path) -> FileContents:
    """Read everything that is there, also of a file that breaks off.

    Raises:
        ConfigError: if `mcap` is not installed.
        LogError: if there is no such file, or it is no MCAP file.
    """
    mcap_library()
    from mcap.exceptions import InvalidMagic, McapError
    from mcap.stream_reader import CRCValidationError, StreamReader

    file = _opened(path)
    contents = FileContents(path=path)
    with file:
        collect = _Collector(contents)
        try:
            for record in StreamReader(file, validate_crcs=True).records:
                collect.take(record)
        except InvalidMagic:
            if not collect.begun:
                raise _no_mcap(path) from None
            contents.broken = "its end is missing"
        except CRCValidationError:
            contents.broken = "a checksum is wrong"
        except (McapError, EOFError, struct.error, ValueError, zlib.error, OSError):
            contents.broken = "it breaks off"
        except Exception as error:
            # The decompressors have error types of their own.
            if not type(error).__module__.startswith(("zstandard", "zstd", "_frame")):
                raise
            contents.broken = "a block cannot be decompressed"
        if not collect.begun:
            raise _no_mcap(path)
    return contents


def read_metadata(path: Path) -> dict[str, str]:
    """Return what a log says about itself, without reading on; of a bag, nothing.

    Raises:
        ConfigError: if `mcap` is not installed.
        LogError: if there is no such file, or it is no MCAP file.
    """
    mcap_library()
    from mcap.records import Chunk, Metadata
    from mcap.stream_reader import StreamReader

    with _opened(path) as file:
        try:
            for record in StreamReader(file, emit_chunks=True).records:
                if isinstance(record, Metadata) and record.name == METADATA:
                    return dict(record.metadata)
                if isinstance(record, Chunk):  # ours stands before the first one
                    return {}
        except Exception:
            # The head is whole or it is not; the rest is for `read_file` to judge.
            if file.seek(0) or file.read(len(_MAGIC)) != _MAGIC:
                raise _no_mcap(path) from None
    return {}


class _Collector:
    """Sorts records into topics."""

    def __init__(self, contents: FileContents) -> None:
        from mcap_ros2.decoder import DecoderFactory

        self.begun = False
        self._contents = contents
        self._decoders = DecoderFactory()
        self._schemas: dict[int, Any] = {}
        self._channels: dict[int, Topic | None] = {}

    def take(self, record: Any) -> None:
        """Keep what matters of one record."""
        kind = type(record).__name__
        self.begun = True
        if kind == "Message":
            topic = self._channels.get(record.channel_id)
            if topic is not None:
                topic.log_ns.append(record.log_time)
                topic.data.append(record.data)
        elif kind == "Schema":
            self._schemas[record.id] = record
        elif kind == "Channel" and record.id not in self._channels:
            self._channels[record.id] = self._topic(record)
        elif kind == "Metadata":
            self._contents.metadata[record.name] = dict(record.metadata)

    def _topic(self, channel: Any) -> Topic | None:
        schema = self._schemas.get(channel.schema_id)
        decode = self._decoders.decoder_for(channel.message_encoding, schema)
        if schema is None or decode is None:
            return None  # not of ROS 2: nothing that we could read
        name = channel.topic
        known = self._contents.topics.get(name)
        if known is not None:
            return known if known.type_name == schema.name else None
        topic = Topic(
            name=name,
            type_name=schema.name,
            definition=schema.data.decode(),
            decode=decode,
        )
        self._contents.topics[name] = topic
        return topic


def _opened(path: Path) -> Any:
    try:
        if path.is_dir():
            path = _only_file_in(path)
        return path.open("rb")
    except OSError as error:
        raise LogError(
            LogFault.UNREADABLE, path, f"cannot be read ({error.strerror})."
        ) from None


def _only_file_in(folder: Path) -> Path:
    """Return the MCAP file in a folder that `ros2 bag record` made."""
    files = sorted(folder.glob("*.mcap"))
    if len(files) != 1:
        raise LogError(
            LogFault.UNREADABLE,
            folder,
            f"holds {len(files)} MCAP files; give the path of one of them.",
        )
    return files[0]


def _no_mcap(path: Path) -> LogError:
    return LogError(
        LogFault.UNREADABLE,
        path,
        "is no MCAP file. Praxis writes them with `--log`, ROS 2 with "
        "`ros2 bag record -s mcap`.",
    )
