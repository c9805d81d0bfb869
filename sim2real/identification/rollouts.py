"""Predict a window with candidate parameters, through MuJoCo's identification tools."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.identification.delays import mean_targets
from sim2real.identification.mujoco_candidate import (
    Candidates,
    Setting,
    joint_columns,
    rest_state,
    velocity_columns,
)
from sim2real.identification.windows import Window
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]

BATCH = 24  # rollouts whose states are in memory at once


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What a window was, or should have been."""

    pos: Array  # readings, with bias [rad], (T, k)
    vel: Array  # [rad/s], (T, k)
    effort: Array  # as the drives believe [N m], (T, k)


def sysid() -> Any:
    """Return MuJoCo's toolbox for identification.

    Raises:
        ConfigError: if it, or something that it needs, is not installed.
    """
    toolbox: Any = None
    with suppress(ImportError):
        toolbox = import_module("mujoco.sysid")
    # It hides what it cannot import.
    if not hasattr(toolbox, "optimize"):
        raise ConfigError(
            "identification needs mujoco.sysid, which is not installed. "
            "Install it: pip install 'praxis[identify]'."
        )
    # It warns of values at their bounds, which an empty hand is.
    logging.getLogger("absl").setLevel(logging.ERROR)
    return toolbox


class Predictor:
    """Rolls one window out for many candidates."""

    def __init__(
        self,
        robot: RobotConfig,
        window: Window,
        *,
        pose: Array | None = None,
    ) -> None:
        """Take a window.

        Args:
            robot: the robot.
            window: to be predicted.
            pose: true positions of the joints that are welded [rad], (n,); by default
                those that were read at rest.
        """
        self.window = window
        self._rows = [robot.joint_names.index(joint) for joint in window.joints]
        self.setting = Setting(
            robot=robot,
            joints=window.joints,
            pose=window.joint_pos if pose is None else pose,
            stiffness=window.stiffness,
            damping=window.damping,
        )
        self._candidates = Candidates(self.setting)
        nominal = self._candidates.spec(RobotParameters.nominal(robot))
        self.dt = float(nominal.option.timestep)
        self.steps = int(np.ceil(window.length_s / self.dt - 1e-6))
        self._at = (window.time - window.start_s) / self.dt - 1.0  # in steps

    def predict(self, candidates: Sequence[RobotParameters]) -> list[Signals]:
        """Return what the window would have been, for each candidate."""
        signals: list[Signals] = []
        for first in range(0, len(candidates), BATCH):
            signals += self._predict(candidates[first : first + BATCH])
        return signals

    def _predict(self, candidates: Sequence[RobotParameters]) -> list[Signals]:
        toolbox, window = sysid(), self.window
        specs = [self._candidates.spec(one) for one in candidates]
        models = [spec.compile() for spec in specs]
        controls, starts = [], []
        for model, one in zip(models, candidates, strict=True):
            bias = one.encoder_bias[self._rows]
            targets = self._targets(one)
            # The toolbox drops the last row: it takes controls to be measured.
            rows = np.vstack([targets, targets[-1:]]) - bias
            times = self.dt * np.arange(self.steps + 1)
            controls.append(toolbox.TimeSeries(times, rows))
            still = window.joint_pos[self._rows] - bias
            starts.append(rest_state(model, self.setting, still))
        trajectories = toolbox.sysid_rollout(
            models, [mujoco.MjData(models[0])], controls, starts
        )
        return [
            self._signals(model, one, trajectory)
            for model, one, trajectory in zip(
                models, candidates, trajectories, strict=True
            )
        ]

    def _targets(self, one: RobotParameters) -> Array:
        """Return what the drives see in each step, on average, (steps, k).

        `command_delay_s` is the whole delay, on average. What readings take of it, and
        the jitter of both ways, are taken off.
        """
        window = self.window
        delay = one.command_delay_s[self._rows]
        earliest = delay - one.observation_delay_s - one.jitter_s
        each = [
            share
            * mean_targets(
                window.command_time,
                window.command_pos,
                earliest + place * one.jitter_s,
                window.start_s,
                self.dt,
                self.steps,
            )
            for place, share in _evenly(one.jitter_s)
        ]
        return np.asarray(sum(each))

    def _signals(self, model: Any, one: RobotParameters, trajectory: Any) -> Signals:
        joints = self.window.joints
        states = trajectory.state.data
        pos = states[:, 1 + joint_columns(model, joints)]
        vel = states[:, 1 + model.nq + velocity_columns(model, joints)]
        force = trajectory.sensordata.data
        return Signals(
            pos=self._sampled(pos, one) + one.encoder_bias[self._rows],
            vel=self._sampled(vel, one),
            # What the drive believes, of the step that ends with the reading.
            effort=self._sampled(force, one) / one.strength[self._rows],
        )

    def _sampled(self, values: Array, one: RobotParameters) -> Array:
        """Return what is read of a signal, on average; between steps interpolated."""
        last = self.steps - 1
        read = np.zeros((len(self._at), values.shape[1]))
        for place, share in _evenly(one.jitter_s):
            late = one.observation_delay_s + place * one.jitter_s
            at = np.clip(self._at - late / self.dt, 0.0, last)
            before = np.floor(at + 1e-6).astype(int)
            after = np.minimum(before + 1, last)
            part = np.clip(at - before, 0.0, 1.0)[:, None]
            read += share * (values[before] + part * (values[after] - values[before]))
        return read


def _evenly(jitter_s: float) -> Sequence[tuple[float, float]]:
    """Return places between 0 and 1, with shares, that stand for all between."""
    if jitter_s == 0.0:
        return ((0.0, 1.0),)
    # Gauss and Legendre: exact for what bends up to the fifth power.
    away = 0.5 * np.sqrt(0.6)
    return ((0.5 - away, 5 / 18), (0.5, 8 / 18), (0.5 + away, 5 / 18))
