"""From what was measured to what is commanded: adapter, skills and safety, in order.

A run and its replay go the same way, so that a replay answers as the run did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sim2real.adaptation.adapter import Adapter
from sim2real.health import Health
from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.safety import SafetyFilter
from skills.contract import Snapshot


class CommandPath:
    """Remembers from tick to tick what was sent, and what skills asked for."""

    def __init__(
        self,
        adapter: Adapter,
        safety: SafetyFilter,
        *,
        sent: JointCommand | None = None,
        commanded: NDArray[np.float64] | None = None,
    ) -> None:
        """Begin, or go on.

        Args:
            adapter: fits commands to the robot that is there.
            safety: has the last word.
            sent: what led to the present state, if something did.
            commanded: positions that skills asked for in it [rad], (n,).
        """
        self._adapter = adapter
        self._safety = safety
        self.sent = sent
        self.commanded = commanded
        self._added: NDArray[np.float64] | None = None  # by the adapter

    def look(self, state: RobotState, objects: Mapping[str, ObjectState]) -> Snapshot:
        """Let the adapter learn from what came of the last command.

        Args:
            state: measured now.
            objects: seen now, by name.

        Returns:
            What skills and planner are shown in this tick.
        """
        if self.sent is not None:
            self._adapter.observe(state, self.sent)
        return Snapshot(
            state=state,
            objects=objects,
            commanded=self.commanded,
            adaptation=self._adapter.estimate(),
            speed_share=self._safety.speed_share,
        )

    def answer(
        self,
        snapshot: Snapshot,
        ask: Callable[[Snapshot], JointCommand],
        health: Callable[[], Health],
        *,
        resting: bool,
    ) -> JointCommand:
        """Return the command for this tick, and remember it.

        Args:
            snapshot: from `look`.
            ask: the skills.
            health: of what carries states and commands, asked when skills are done.
            resting: whether skills are not asked, while safety has the robot.
        """
        asked = self.sent if resting and self.sent is not None else ask(snapshot)
        fitted = self._adapter.compensate(asked, snapshot.state)
        command = self._safety.filter(fitted, snapshot.state, health())
        same = fitted is asked
        self._added = None if same else fitted.joint_pos - asked.joint_pos
        self.follow(command)
        return command

    def follow(self, command: JointCommand) -> None:
        """Note what was really sent in this tick, after `answer`.

        Skills go on from what they asked for, without what was added to it.
        """
        self.sent = command
        self.commanded = command.joint_pos
        if self._added is not None:
            self.commanded = command.joint_pos - self._added
