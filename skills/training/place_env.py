"""Many arms learning to put a held cup down: HandEnv with a cup in every hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig
from sim2real.mujoco_model import CONTROL_DT
from skills.training.hand_env import Array, HandEnv
from skills.training.hand_expert import grasp_action

BANK = 4  # in-hand states kept for each scene
GRASP_S = 5.0  # time the expert gets for a grasp [s]
RELEASED = 0.10  # from the grasp site to the cup's centre once it is let go [m]


class PlaceEnv(HandEnv):
    """Begins with the cup in the hand; the goal is a point on the table, or in the air.

    The in-hand states are the grasp expert's, in each scene's own physics.
    """

    def __init__(
        self, robot: RobotConfig, config: HandTrainingConfig, threads: int = 2
    ) -> None:
        """Grasp every cup a few times and remember how it lay in the hand."""
        self.bank_state: Array | None = None
        super().__init__(robot, config, threads)
        n = self.num_envs
        state = np.zeros((n, BANK, self.physics.state.shape[1]))
        target = np.zeros((n, BANK, 14))
        stood = np.zeros((n, BANK, 3))
        self.bank_filled = np.zeros(n, np.int64)
        for _ in range(3 * BANK):
            if (self.bank_filled >= BANK).all():
                break
            self.reset(np.arange(n))
            for _ in range(round(GRASP_S / CONTROL_DT)):
                arm, hand = grasp_action(self.view())
                self._drive(np.concatenate([arm, hand], 1))
            good = self.is_held() & (self.bank_filled < BANK)
            slot = self.bank_filled[good]
            state[good, slot] = self.physics.state[good]
            target[good, slot] = self.target[good]
            stood[good, slot] = self.start_pos_w[good]
            self.bank_filled[good] += 1
        # A scene whose cup was never grasped begins with the cup on its table.
        self.usable = self.bank_filled > 0
        if not self.usable.any():
            raise RuntimeError("the expert grasped no cup; there is nothing to place")
        self.bank_target, self.bank_stood = target, stood
        self.bank_state = state
        self.in_air = np.zeros(n, bool)
        self.reset(np.arange(n))
        self._read()

    def _drive(self, change: Array) -> None:
        old = self.target
        low, high = self.limits.T
        clip = self.config.action_clip * self.scale
        self.target = np.clip(old + np.clip(change, -clip, clip), low, high)
        self._advance(old)
        self._read()

    def reset(self, who: NDArray[np.intp]) -> None:
        """Put the cup back into the hand and draw a goal."""
        super().reset(who)
        if self.bank_state is None:
            return
        rng, draw = self.rng, self.config.randomization
        slot = rng.integers(0, np.maximum(self.bank_filled[who], 1))
        ok = self.usable[who]
        good = who[ok]
        self.physics.state[good] = self.bank_state[good, slot[ok]]
        self.physics.state[good, 0] = 0.0
        self.target[good] = self.bank_target[good, slot[ok]]
        self.start_pos_w[good] = self.bank_stood[good, slot[ok]]
        edge = np.array([self.tops[i].table_edge for i in who])
        low = np.maximum(draw.reach[0] + 0.02, edge + draw.cup_depth[0] + 0.01)
        high = np.minimum(draw.reach[1] - 0.02, edge + draw.cup_depth[1])
        goal = np.stack(
            [
                rng.uniform(low, np.maximum(high, low + 1e-3)),
                rng.uniform(draw.cup_y[0] + 0.03, draw.cup_y[1] - 0.03, len(who)),
                self.table_z[who] + self.cup_height[who] / 2,
            ],
            1,
        )
        air = rng.random(len(who)) < self.config.in_air_share
        goal[air, 2] += rng.uniform(0.08, 0.16, int(air.sum()))
        self.in_air[who] = air
        self.goal_w[who] = goal

    def is_held(self) -> NDArray[np.bool_]:
        """Success: on the goal and let go, or at the goal in the air; upright, still.

        While the bank is being filled it is the grasp's success.
        """
        if self.bank_state is None:
            return super().is_held()
        off = self.cup_w - self.goal_w
        upright = self.cup_up_w[:, 2] > 0.97
        still = np.linalg.norm(self.cup_vel_w, axis=1) < 0.05
        apart = np.linalg.norm(self.cup_b - self.site, axis=1) > RELEASED
        level = np.abs(off[:, 2]) < 0.01
        placed = apart & level & (np.hypot(off[:, 0], off[:, 1]) < 0.05)
        floats = np.linalg.norm(off, axis=1) < 0.04
        good: NDArray[np.bool_] = (
            upright & still & np.where(self.in_air, floats, placed)
        )
        return good
