"""Which joints of arms that no skill claims go home, and which keep what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from skills.contract import Snapshot
from skills.furniture import footprint
from skills.predicates import OFF_SURFACE, Hands, height_above_support, pose_of

FARTHEST = 1.0  # from the pelvis to what a hand can hold, generously [m]
CLEAR = 0.45  # from furniture to the pelvis: so far away an arm cannot hit it [m]


class IdleHands:
    """Remembers what each hand holds, so that nothing is let go by mistake.

    A hand that holds nothing opens. Its arm follows once the robot stands clear of
    furniture: between a hand over a table and the default pose there is the table.
    """

    def __init__(self, robot: RobotConfig, hands: Hands) -> None:
        """Take the robot and its hands."""
        self._hands = hands
        self._holds: dict[str, str] = {}  # what, by side
        names = robot.joint_names
        self._fingers = {side: _mask(names, robot, f"{side}_hand") for side in _SIDES}
        self._arms = {side: _mask(names, robot, f"{side}_arm") for side in _SIDES}
        self._none = np.zeros(len(names), dtype=np.bool_)

    def reset(self) -> None:
        """Begin with empty hands."""
        self._holds.clear()

    def go_home(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Return the joints that belong to the default pose now, (n,)."""
        home = self._none.copy()
        clear: bool | None = None
        self._look(snapshot)
        for side in self._hands.sides:
            if side in self._holds:
                continue
            home |= self._fingers[side]
            clear = _is_clear(snapshot) if clear is None else clear
            if clear:
                home |= self._arms[side]
        return home

    def _look(self, snapshot: Snapshot) -> None:
        """See what the hands hold; what is hidden is still where it was."""
        hidden = {s: n for s, n in self._holds.items() if n not in snapshot.objects}
        self._holds = hidden.copy()
        for thing in snapshot.objects.values():
            away = np.linalg.norm(thing.pos_w - snapshot.state.base_pos_w)
            if not thing.movable or away > FARTHEST:
                continue
            if height_above_support(thing, snapshot) > OFF_SURFACE:
                side = self._hands.holder(snapshot.state, thing)
                if side is not None and side not in hidden:
                    self._holds[side] = thing.name


_SIDES = ("left", "right")


def _mask(names: tuple[str, ...], robot: RobotConfig, group: str) -> NDArray[np.bool_]:
    return np.isin(names, robot.joints_of(group))


def _is_clear(snapshot: Snapshot) -> bool:
    here = pose_of(snapshot.state)
    return all(
        footprint(thing).distance(here.x, here.y) > CLEAR
        for thing in snapshot.objects.values()
        if not thing.movable
    )
