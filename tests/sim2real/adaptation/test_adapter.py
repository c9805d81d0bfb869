"""The adapter that does nothing does nothing."""

from __future__ import annotations

from sim2real.adaptation.adapter import NoAdapter, Quantity
from sim2real.robot import JointCommand, RobotState


def test_without_adaptation_a_command_is_the_very_same(
    at_rest: RobotState, standing: JointCommand
) -> None:
    adapter = NoAdapter()
    adapter.reset(at_rest)
    adapter.observe(at_rest, standing)
    assert adapter.compensate(standing, at_rest) is standing
    assert adapter.estimate() is None


def test_a_quantity_reads_as_value_and_two_deviations() -> None:
    assert str(Quantity(value=0.5, std=0.1)) == "0.50 +- 0.20"
