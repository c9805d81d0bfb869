"""Faults that are no fault of the robot: pushes, and things that are gone."""

from __future__ import annotations

import numpy as np

from sim2real.faults.fault import Fault, World


class Pushed(Fault):
    """The robot is pushed once."""

    def __init__(self, velocity_w: tuple[float, float, float]) -> None:
        """Take the velocity that its base gains at once [m/s]."""
        super().__init__()
        self._velocity = np.array(velocity_w)
        self._done = False

    def world(self, world: World) -> None:
        """Push."""
        if not self._done:
            world.push(self._velocity)
        self._done = True


class ObjectGone(Fault):
    """Perception reports an object no more."""

    def __init__(self, name: str) -> None:
        """Take its name."""
        super().__init__()
        self._name = name
        self._done = False

    def world(self, world: World) -> None:
        """Hide it."""
        if not self._done:
            world.hide_object(self._name)
        self._done = True
