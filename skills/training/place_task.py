"""What arms that put a held cup down practise: a HandTask with a cup in every hand.

The in-hand states are the grasp expert's, in each scene's own physics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
from array_api_compat import array_namespace

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig
from sim2real.mujoco_model import CONTROL_DT
from skills.training.arrays import Array, Arrays
from skills.training.hand_expert import grasp_action
from skills.training.hand_models import Tabletop
from skills.training.hand_task import HandTask, SceneState, norm

GRASP_S = 5.0  # time the expert gets for a grasp [s]
RELEASED = 0.10  # from the grasp site to the cup's centre once it is let go [m]
PARTS = tuple(field.name for field in fields(SceneState))


class PlaceTask(HandTask):
    """Begins with the cup in the hand; the goal is a point on the table, or in the air.

    It is a grasp until `fill_bank` has been called.
    """

    def __init__(
        self,
        robot: RobotConfig,
        config: HandTrainingConfig,
        arrays: Arrays,
        tops: Sequence[Tabletop],
    ) -> None:
        """Begin with an empty bank of in-hand states; arguments as of `HandTask`."""
        super().__init__(robot, config, arrays, tops)
        n, k, kept = self.num_envs, self.k, config.grasps_kept
        sizes = {"joint_pos": k, "joint_vel": k, "cup_quat_wxyz": 4}
        zeros = {name: arrays.zeros(n, kept, sizes.get(name, 3)) for name in PARTS}
        self.bank = SceneState(**zeros)
        self.bank_target = arrays.zeros(n, kept, k)
        self.bank_stood = arrays.zeros(n, kept, 3)  # where the cup was taken from [m]
        xp = array_namespace(self.bank_stood)
        self.bank_filled = xp.astype(arrays.zeros(n), xp.int64)
        self.filling = True
        self.in_air = arrays.zeros(n) > 0.0
        # A scene whose cup was never grasped begins with the cup on its table.
        self.usable = arrays.zeros(n) > 0.0

    def fill_bank(self, restart: Callable[[], None], drive: Callable[[], None]) -> None:
        """Grasp every cup a few times and remember how it lay in the hand.

        Args:
            restart: puts every scene back to the start, and sees.
            drive: advances the physics one control period towards the targets, and
                sees.

        Raises:
            RuntimeError: if the expert grasps no cup.
        """
        kept = self.config.grasps_kept
        for _ in range(3 * kept):
            if int(self.bank_filled.min()) >= kept:
                break
            restart()
            for _ in range(round(GRASP_S / CONTROL_DT)):
                change = np.concatenate(grasp_action(self.view()), axis=1)
                self.act(self.arrays.array(change) / self.scale)
                drive()
            self._remember(self.arrays.where(self.is_held()))
        self.usable = self.bank_filled > 0
        if not bool(self.usable.any()):
            raise RuntimeError(
                "the expert grasped no cup; there is nothing to place. Check the reach "
                "and the table of the training's randomization, or take more scenes."
            )
        self.filling = False

    def begin(self, who: Array) -> SceneState:
        """See `HandTask.begin`; the cup is in the hand, and its goal is drawn."""
        start = super().begin(who)
        if self.filling:
            return start
        count, uniform = len(who), self.arrays.uniform
        here = self.arrays.where(self.usable[who])
        good = who[here]
        share = uniform(0.0, 1.0, len(good))
        xp = array_namespace(share)
        most = self.bank_filled[good]
        slot = xp.minimum(xp.astype(share * most, xp.int64), most - 1)
        for name in PARTS:
            getattr(start, name)[here] = getattr(self.bank, name)[good, slot]
        self.target[good] = self.bank_target[good, slot]
        self.start_pos_w[good] = self.bank_stood[good, slot]
        draw = self.config.randomization
        nearest = self.table_edge[who] + draw.cup_depth[0] + 0.01
        nearest = xp.clip(nearest, draw.reach[0] + 0.02, None)
        farthest = self.table_edge[who] + draw.cup_depth[1]
        farthest = xp.clip(farthest, None, draw.reach[1] - 0.02)
        room = xp.clip(farthest - nearest, 1e-3, None)
        air = uniform(0.0, 1.0, count) < self.config.in_air_share
        rise = xp.where(air, uniform(0.08, 0.16, count), xp.zeros_like(room))
        goal = [
            nearest + room * uniform(0.0, 1.0, count),
            uniform(draw.cup_y[0] + 0.03, draw.cup_y[1] - 0.03, count),
            self.table_z[who] + self.cup_height[who] / 2 + rise,
        ]
        self.in_air[who] = air
        self.goal_w[who] = xp.stack(goal, axis=-1)
        return start

    def is_held(self) -> Array:
        """Success: on the goal and let go, or at the goal in the air; upright, still.

        While the bank is being filled it is the grasp's success.
        """
        if self.filling:
            return super().is_held()
        off = self.cup_w - self.goal_w
        upright = self.cup_up_w[:, 2] > 0.97
        still = norm(self.cup_vel_w) < 0.05
        level = abs(off[:, 2]) < 0.01
        placed = (self.grip > RELEASED) & level & (norm(off[:, :2]) < 0.05)
        floats = norm(off) < 0.04
        return upright & still & ((self.in_air & floats) | (~self.in_air & placed))

    def _remember(self, held: Array) -> None:
        """Keep the present state of some scenes, where there is room; indices (m,)."""
        who = held[self.bank_filled[held] < self.config.grasps_kept]
        slot = self.bank_filled[who]
        for name in PARTS:
            getattr(self.bank, name)[who, slot] = getattr(self.sensors, name)[who]
        self.bank_target[who, slot] = self.target[who]
        self.bank_stood[who, slot] = self.start_pos_w[who]
        self.bank_filled[who] += 1
