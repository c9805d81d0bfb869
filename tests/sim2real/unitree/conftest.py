"""A G1 with hands, and messages of one that hangs on a hoist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.unitree.messages import HandState, LowState

UPRIGHT = np.array([1, 0, 0, 0], np.float32)


@pytest.fixture(scope="session")
def g1() -> RobotConfig:
    return load_robot()


@pytest.fixture
def body() -> Callable[..., LowState]:
    """Make a message of the body: motor i is at i/100 rad, unless told otherwise."""

    def make(**changes: Any) -> LowState:
        fields: dict[str, Any] = {
            "mode_machine": 5,
            "q": (np.arange(35) / 100).astype(np.float32),
            "dq": np.zeros(35, np.float32),
            "tau_est": np.zeros(35, np.float32),
            "quaternion": UPRIGHT,
            "gyroscope": np.zeros(3, np.float32),
        }
        return LowState(**{**fields, **changes})

    return make


@pytest.fixture
def hand() -> Callable[..., HandState]:
    """Make a message of a hand: motor i is at `base` + i/100 rad."""

    def make(base: float = 0.0, motors: int = 7) -> HandState:
        return HandState(
            q=(base + np.arange(motors) / 100).astype(np.float32),
            dq=np.zeros(motors, np.float32),
            tau_est=np.zeros(motors, np.float32),
            temperature=np.full((motors, 2), 30, np.int16),
            motorstate=np.zeros(motors, np.uint32),
            pressure_sensors=9,
        )

    return make
