"""Put a fault into the policies of some skills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sim2real.faults.fault import Fault
from skills.contract import JointTargets, Skill, Snapshot


class FaultySkill:
    """A skill whose targets pass through a fault once it has begun."""

    def __init__(self, inner: Skill, fault: Fault, begun: Callable[[], bool]) -> None:
        """Take the skill, the fault, and what says whether it has begun."""
        self._inner, self._fault, self._begun = inner, fault, begun

    def __getattr__(self, name: str) -> Any:
        """Everything else is the skill's."""
        return getattr(self._inner, name)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        targets = self._inner.step(snapshot)
        if not self._begun():
            return targets
        pos, stiffness = self._fault.targets(targets.joint_pos, targets.stiffness)
        return replace(targets, joint_pos=pos, stiffness=stiffness)
