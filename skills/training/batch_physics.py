"""Step many MuJoCo robots at once, one model each, with the C thread pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco import rollout
from numpy.typing import NDArray

from sim2real.mujoco_model import DECIMATION

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StateLayout:
    """Where position and velocity lie in MuJoCo's full physics state."""

    nq: int
    nv: int

    @property
    def qpos(self) -> slice:
        """Positions; the state begins with the clock."""
        return slice(1, 1 + self.nq)

    @property
    def qvel(self) -> slice:
        """Velocities."""
        return slice(1 + self.nq, 1 + self.nq + self.nv)


class BatchPhysics:
    """N environments of one size signature, advanced one control period at a time."""

    def __init__(self, models: Sequence[mujoco.MjModel], threads: int) -> None:
        """Hold one model for each environment."""
        first = models[0]
        self.models = list(models)
        self.num_envs = len(models)
        self.layout = StateLayout(first.nq, first.nv)
        self.state = np.zeros((self.num_envs, 1 + first.nq + first.nv))
        self._pool = rollout.Rollout(nthread=threads)
        self._data = [mujoco.MjData(first) for _ in range(threads)]
        self._period = DECIMATION * first.opt.timestep
        self._restarted = np.zeros(self.num_envs, bool)
        self.trajectory = np.zeros((self.num_envs, DECIMATION, self.state.shape[1]))
        self._sensors = np.zeros((self.num_envs, DECIMATION, first.nsensordata))
        self._names = {
            first.sensor(i).name: slice(
                first.sensor_adr[i], first.sensor_adr[i] + first.sensor_dim[i]
            )
            for i in range(first.nsensor)
        }

    @property
    def qpos(self) -> Array:
        """Positions now, a view (N, nq)."""
        return self.state[:, self.layout.qpos]

    @property
    def qvel(self) -> Array:
        """Velocities now, a view (N, nv)."""
        return self.state[:, self.layout.qvel]

    def step(self, ctrl: Array) -> None:
        """Advance one control period with targets (N, DECIMATION, nu)."""
        clock = self.state[:, 0].copy()
        self._pool.rollout(
            self.models,
            self._data,
            self.state,
            ctrl,
            nstep=DECIMATION,
            state=self.trajectory,
            sensordata=self._sensors,
            skip_checks=True,
        )
        self.state[:] = self.trajectory[:, -1]
        # MuJoCo puts a robot that blew up back to its start; only the clock tells.
        self._restarted = ~(self.state[:, 0] - clock > 0.9 * self._period)

    def broken(self, speed_limit: float) -> NDArray[np.bool_]:
        """Return which environments blew up, or are faster than the limit."""
        finite = np.isfinite(self.state).all(1) & np.isfinite(self._sensors).all((1, 2))
        with np.errstate(invalid="ignore"):
            fast = np.abs(self.qvel).max(1) > speed_limit
        return np.asarray(self._restarted | ~finite | fast)

    def replace(self, who: NDArray[np.bool_], state: Array) -> None:
        """Overwrite the state of some environments and forget their readings."""
        self.state[who] = state
        self.trajectory[who] = self.state[who][:, None]
        self._sensors[who] = 0.0

    def sensor(self, name: str) -> Array:
        """Return a sensor at the last physics step, (N, dim)."""
        return self._sensors[:, -1, self._names[name]]

    def sensor_history(self, name: str) -> Array:
        """Return a sensor at each physics step of the last period, (N, 4, dim)."""
        return self._sensors[:, :, self._names[name]]

    def close(self) -> None:
        """Stop the threads."""
        self._pool.close()
