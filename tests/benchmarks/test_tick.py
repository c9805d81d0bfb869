"""How long the program computes in one control tick: what sees, decides, commands."""

from __future__ import annotations

from typing import Any

import pytest

from app.build import build, read_plan
from app.control_loop import Episode
from app.options import RunOptions
from app.result import tick_ms
from skills.policy import PolicyMismatch

TASK = "walk to table and grasp cup"


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("backend", ["mujoco", "fake"])
def test_a_tick(backend: str, show: Any) -> None:
    """Observations, policies, tree and safety; the simulation is not counted."""
    if backend == "mujoco":
        pytest.importorskip("mujoco", reason="the simulation")
    options = RunOptions.model_validate({"backend": backend})
    try:
        assembly = build(read_plan(TASK, options))
    except PolicyMismatch as error:
        pytest.skip(f"a run with policies needs all of them: {error}")
    result = Episode(assembly, seed=1).run()
    assembly.backend.close()
    show(
        f"tick_{backend}",
        {
            "task": TASK,
            "came to": result.sentence,
            "ticks": len(result.tick_s),
            "period_ms": 1e3 * assembly.backend.control_dt,
            **{f"{key}_ms": ms for key, ms in (tick_ms(result.tick_s) or {}).items()},
        },
    )
