"""Which adapter a run has, by name."""

from __future__ import annotations

from collections.abc import Sequence

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Adapter, Estimate, NoAdapter
from sim2real.adaptation.estimating import EstimatingAdapter
from sim2real.adaptation.known_robot import KnownRobotAdapter
from sim2real.adaptation.residual_adapter import ResidualAdapter
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters

KINDS = ("none", "estimator", "module", "residual", "all")
"""`module` is a network inside a policy file, so it is no adapter of commands."""


class Several:
    """Adapters, one after the other on the way to the robot."""

    def __init__(self, parts: Sequence[Adapter]) -> None:
        """Take them in the order in which commands pass."""
        self._parts = parts

    def reset(self, state: RobotState) -> None:
        """See `Adapter.reset`."""
        for part in self._parts:
            part.reset(state)

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """See `Adapter.observe`."""
        for part in self._parts:
            part.observe(state, command)

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        """See `Adapter.compensate`."""
        for part in self._parts:
            command = part.compensate(command, state)
        return command

    def estimate(self) -> Estimate:
        """Return what the parts know, together; what is said first counts."""
        told = [part.estimate() or Estimate() for part in self._parts]
        return Estimate(
            payload=next((t.payload for t in told if t.payload), {}),
            strength=next((t.strength for t in told if t.strength), {}),
            friction=next((t.friction for t in told if t.friction), None),
            travelled=next((t.travelled for t in told if t.travelled), None),
            residual_updates=sum(t.residual_updates for t in told),
            residual_refusals=sum(t.residual_refusals for t in told),
        )


def make_adapter(
    kind: str,
    robot: RobotConfig,
    control_dt: float,
    *,
    identified: RobotParameters | None = None,
) -> Adapter:
    """Return the adapter called `kind`, one of `KINDS`.

    Args:
        kind: its name.
        robot: as its files describe it.
        control_dt: time between two states [s].
        identified: what is known of this robot; it is compensated first, and the
            estimator then looks after payloads only.

    Raises:
        ValueError: if there is no such adapter, or the robot cannot have it.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown adaptation '{kind}'. Known: {', '.join(KINDS)}.")
    parts: list[Adapter] = []
    # The residual comes first: it compares the arms with what skills asked for.
    if kind in ("residual", "all"):
        parts.append(ResidualAdapter(robot, control_dt))
    estimates = kind in ("estimator", "all")
    if estimates:
        motors = identified is None
        parts.append(EstimatingAdapter(robot, control_dt, motors=motors))
    if identified is not None:
        payload = not estimates
        parts.append(KnownRobotAdapter(robot, identified, control_dt, payload=payload))
    if not parts:
        return NoAdapter()
    return parts[0] if len(parts) == 1 else Several(parts)
