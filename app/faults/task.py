"""The tasks that faults are injected into."""

from __future__ import annotations

import numpy as np

from app.build import Plan, read_plan
from app.options import RunOptions
from sim2real.faults.catalogue import FETCH, STAND, WALK, Case
from skills.library import CONTROL_DT

TASKS = {
    STAND: "stand for 60 seconds",
    WALK: "walk at 0.5 m/s for 30 seconds",
    FETCH: "walk to table and grasp cup",
}
SCENES = {FETCH: "kitchen"}
BEGINS_S = 4.0  # of robot time at the earliest; walking is steady by then
STRIDE_TICKS = 40  # of the gait; a fault may begin in any of them
GOES_ON_S = {FETCH: 60.0}  # a task that the fault does not end; else 8 s
WATCHED_S = 8.0  # a robot whose task is over


def begins_at(seed: int) -> float:
    """Return when the fault of a run begins, somewhere in a stride [s]."""
    tick = int(np.random.default_rng(seed).integers(STRIDE_TICKS))
    return BEGINS_S + tick * CONTROL_DT


def plan_of(case: Case, backend: str, seed: int, robot: str) -> Plan:
    """Return the task that a fault is injected into."""
    options = RunOptions.model_validate(
        {
            "robot": robot,
            "backend": backend,
            "scene": SCENES.get(case.doing, "empty"),
            "seed": seed,
            "time_limit_s": begins_at(seed) + GOES_ON_S.get(case.doing, 8.0),
        }
    )
    return read_plan(TASKS[case.doing], options)
