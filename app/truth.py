"""What really happened, read from the physics and not from the robot's senses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sim2real.robot import ObjectState, RobotState

FLOOR, ROBOT = "floor", "robot"
LEFT_HAND, RIGHT_HAND = "left_hand", "right_hand"
HANDS = frozenset((LEFT_HAND, RIGHT_HAND))


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The world at one instant, without noise or delay."""

    state: RobotState
    objects: Mapping[str, ObjectState]
    # By loose object: names of other objects, or one of the words above.
    touching: Mapping[str, frozenset[str]]


class Physics(Protocol):
    """A simulation that tells the truth."""

    @property
    def model(self) -> Any:
        """The compiled MuJoCo model."""

    @property
    def data(self) -> Any:
        """Its present data."""

    def true_state(self) -> RobotState:
        """Return the state without noise or delay."""

    def true_objects(self) -> Mapping[str, ObjectState]:
        """Return the objects without noise or delay."""


class Witness:
    """Tells the truth of one episode; made after the reset."""

    def __init__(self, physics: Physics) -> None:
        """Learn which body every geom belongs to."""
        self._physics = physics
        objects = physics.true_objects()
        self._loose = [name for name, thing in objects.items() if thing.movable]
        model = physics.model
        bodies = [_owner(model, i, objects.keys()) for i in range(model.nbody)]
        self._owners = [bodies[body] for body in model.geom_bodyid]

    def look(self) -> Truth:
        """Return the truth now."""
        touching: dict[str, set[str]] = {name: set() for name in self._loose}
        contact = self._physics.data.contact
        for first, second in contact.geom[contact.dist < 0.0]:
            a, b = self._owners[first], self._owners[second]
            for name, other in ((a, b), (b, a)):
                if name in touching:
                    touching[name].add(other)
        return Truth(
            state=self._physics.true_state(),
            objects=self._physics.true_objects(),
            touching={name: frozenset(found) for name, found in touching.items()},
        )


def _owner(model: Any, body: int, objects: Any) -> str:
    """Return whose a body is: of an object, of a hand, of the robot, or the floor."""
    if body == 0:
        return FLOOR
    while model.body_parentid[body] != 0:
        name = str(model.body(body).name)
        for side, hand in (("left", LEFT_HAND), ("right", RIGHT_HAND)):
            # The palm is part of the last link of the wrist.
            if name.startswith((f"{side}_hand_", f"{side}_wrist_yaw")):
                return hand
        body = model.body_parentid[body]
    name = str(model.body(body).name)
    return name if name in objects else ROBOT
