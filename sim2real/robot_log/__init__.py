"""Logs of a robot: MCAP files that rosbag2 and Foxglove open, and back into arrays."""

from __future__ import annotations

from sim2real.robot_log.log import RobotLog
from sim2real.robot_log.log_error import LogError, LogFault
from sim2real.robot_log.reader import read_robot_log
from sim2real.robot_log.records import PolicyStep, SkillEvent
from sim2real.robot_log.signal_checks import check_signals
from sim2real.robot_log.writer import RobotLogWriter

__all__ = [
    "LogError",
    "LogFault",
    "PolicyStep",
    "RobotLog",
    "RobotLogWriter",
    "SkillEvent",
    "check_signals",
    "read_robot_log",
]
