"""Pass joints from one owner to the next without a jump."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skills.contract import JointTargets

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Handover:
    """Moves targets and gains linearly from what was commanded last to the new owner.

    The new owner computes its targets all the while, so that it is warm when it has
    the joints to itself.
    """

    begin: JointTargets  # what these joints were commanded last
    start_time: float  # robot time [s]
    duration_s: float

    def share(self, time: float) -> float:
        """Return how much the new owner has to say, 0 to 1."""
        if self.duration_s <= 0.0:
            return 1.0
        return min(max((time - self.start_time) / self.duration_s, 0.0), 1.0)

    def blend(self, incoming: JointTargets, time: float) -> JointTargets:
        """Return the targets for now; both sides name the same joints in one order."""
        share = self.share(time)

        def mix(begin: Array, incoming: Array) -> Array:
            return (1.0 - share) * begin + share * incoming

        return JointTargets(
            names=incoming.names,
            joint_pos=mix(self.begin.joint_pos, incoming.joint_pos),
            stiffness=mix(self.begin.stiffness, incoming.stiffness),
            damping=mix(self.begin.damping, incoming.damping),
        )
