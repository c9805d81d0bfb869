"""What can be wrong with a log, by name, and the error that says so in one line."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from types import ModuleType

from configs.loader import ConfigError


class LogFault(str, Enum):
    """Why a log cannot be used; the names that tests and reports go by."""

    UNREADABLE = "unreadable"  # missing, or no MCAP file at all
    TRUNCATED = "truncated"
    WRONG_ROBOT = "wrong_robot"
    MISSING_JOINTS = "missing_joints"
    MISSING_STREAM = "missing_stream"
    NOT_FINITE = "not_finite"
    BAD_STAMPS = "bad_stamps"
    MIXED_CLOCKS = "mixed_clocks"
    CONSTANT_SIGNAL = "constant_signal"
    CLIPPED_COMMAND = "clipped_command"


class LogError(ConfigError):
    """A log that cannot be used; one line for a person.

    Attributes:
        fault: what kind of fault it is.
    """

    def __init__(self, fault: LogFault, path: Path, text: str) -> None:
        """Take the kind, the file and the rest of the line."""
        super().__init__(f"{path}: {text}")
        self.fault = fault


def mcap_library() -> ModuleType:
    """Return the package that reads and writes MCAP.

    Raises:
        ConfigError: if it is not installed, naming the extra.
    """
    try:
        import mcap
        import mcap_ros2  # noqa: F401 (the pair belongs together)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise ConfigError(
            f"robot logs need {missing}, which is not installed. "
            "Install it: pip install 'praxis[log]'."
        ) from None
    return mcap
