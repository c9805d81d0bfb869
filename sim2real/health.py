"""What those who carry states and commands know about the carriage, for one tick."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Health:
    """The transport's and the loop's own measurements; the defaults say: all is well.

    A backend that carries messages has a method `health() -> Health`; the loop adds
    what it measured itself.
    """

    state_age_s: float = 0.0  # of the state that the command is computed from [s]
    heartbeat_age_s: float = 0.0  # since the operator's last sign of life [s]
    compute_s: float = 0.0  # taken to compute the command [s]
    duplicates: int = 0  # states that came twice, since reset
    reordered: int = 0  # states that came after a newer one, since reset
    refused: int = 0  # states that could not be used, since reset
    refusal: str = ""  # why the last one was refused
    clock_jumps: int = 0  # back, since reset
    other_commanders: tuple[str, ...] = ()  # who else sent commands lately
    policy_fault: str | None = None  # why nobody commands the legs
