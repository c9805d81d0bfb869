"""What each hazard leads to: how far to go, and who is left to trust.

| who | trusts | when |
|---|---|---|
| policy | states and policies | the task ends, `balance` stands |
| feedback | states, no policy | `ClassicalStand` |
| blind | neither | `BlindStand` |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from sim2real.hazards import Hazard, Reaction


class By(IntEnum):
    """Who commands the joints; who trusts less comes later and stays."""

    POLICY = 0
    FEEDBACK = 1
    BLIND = 2


@dataclass(frozen=True)
class Response:
    """What to do about a hazard."""

    reaction: Reaction
    by: By = By.POLICY


_SLOW = Response(Reaction.SLOW)
_STAND = Response(Reaction.STAND)
_STAND_WITHOUT_POLICY = Response(Reaction.STAND, By.FEEDBACK)
_STAND_BLIND = Response(Reaction.STAND, By.BLIND)

RESPONSES: Mapping[Hazard, Response] = {
    Hazard.OVERRUN: _SLOW,
    Hazard.LATE_STATE: _SLOW,
    Hazard.DUPLICATES: _SLOW,
    Hazard.REORDERED: _SLOW,
    Hazard.TILT: _SLOW,
    Hazard.TORQUE_HIGH: _SLOW,
    Hazard.CLOCK: _STAND,
    Hazard.HEARTBEAT: _STAND,
    Hazard.AUTHORITY: _STAND,
    Hazard.DEAD_MOTOR: _STAND,
    Hazard.POLICY: _STAND_WITHOUT_POLICY,
    Hazard.POLICY_SLOW: _STAND,
    Hazard.BAD_COMMAND: _STAND,
    Hazard.BAD_STATE: _STAND_BLIND,
    Hazard.STALE_STATE: _STAND_BLIND,
    Hazard.FROZEN_IMU: _STAND_BLIND,
    Hazard.IMU_JUMP: _STAND_BLIND,
    Hazard.JOINT_RANGE: _STAND_BLIND,
    Hazard.CONTACT_LOST: _STAND_BLIND,
    Hazard.TORQUE_BUDGET: Response(Reaction.CROUCH, By.FEEDBACK),
    Hazard.UNSTEADY: Response(Reaction.CROUCH, By.BLIND),
}
"""With a guard; every other hazard is limited or damped by the filter itself."""

AGAIN: Mapping[Hazard, Response] = {
    Hazard.POLICY_SLOW: _STAND_WITHOUT_POLICY,
    Hazard.BAD_COMMAND: _STAND_WITHOUT_POLICY,
}
"""When it goes on although another policy, that of `balance`, has the legs by now."""
