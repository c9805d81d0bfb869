"""Inject one fault into one run, and see what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from app.build import build, guard_config
from app.control_loop import Assembly, Episode, Moment
from app.faults.killed_process import kill
from app.faults.skills import FaultySkill
from app.faults.task import WATCHED_S, begins_at, plan_of
from app.result import EpisodeResult
from sim2real.faults.catalogue import COMMAND_WATCHDOG, PLANNER, RUNNER, Case
from sim2real.faults.fault import Fault
from sim2real.faults.faulty_backend import FaultyBackend
from sim2real.hazards import Reaction
from sim2real.robot import RobotBackend
from skills.contract import Failure, Skill


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a fault."""

    case: Case
    backend: str
    detected_by: str
    reaction: str
    latency_ms: float | None  # None: there was no reaction
    fell: bool
    drop_speed: float  # the fastest that the base came down [m/s]
    failure: str  # of the task; empty: the fault did not end it

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is not as expected."""
        expected, found = self.case.expected, []
        if self.detected_by != expected.detected_by:
            found.append(
                f"detected by {self.detected_by or 'nobody'}, expected "
                f"{expected.detected_by or 'nobody'}"
            )
        reaction = expected.reaction
        if self.backend == "fake":
            reaction = expected.pretending or reaction
        if self.reaction not in (reaction, expected.or_else or reaction):
            found.append(f"reaction {self.reaction}, expected {reaction}")
        late = (self.latency_ms or 0.0) > expected.within_ms + 1e-6
        if late and self.latency_ms is not None:
            found.append(
                f"after {self.latency_ms:.0f} ms, expected {expected.within_ms:.0f}"
            )
        if self.fell and not expected.may_fall:
            found.append("it fell")
        return tuple(found)


class _Injection:
    """Puts a fault between a robot and its skills."""

    def __init__(self, case: Case, fault: Fault, backend: str, seed: int) -> None:
        self._case, self._fault = case, fault
        self._kind, self._begins = backend, begins_at(seed)
        self.wire: FaultyBackend | None = None

    def backend(self, backend: RobotBackend) -> RobotBackend:
        self.wire = FaultyBackend(
            backend, self._fault, self._begins, guard_config(self._kind)
        )
        return self.wire

    def skills(self, skills: dict[str, Skill]) -> dict[str, Skill]:
        def begun() -> bool:
            return self.wire is not None and self.wire.broken

        faulty = {
            name: cast(Skill, FaultySkill(skills[name], self._fault, begun))
            for name in self._case.policies
        }
        return {**skills, **faulty}


class _Watch:
    """Sees when safety, runner or planner first reacts, and how far it goes."""

    def __init__(self, wire: FaultyBackend) -> None:
        self._wire = wire
        self._assembly: Assembly | None = None
        self.at: float | None = None
        self.detected_by = ""
        self.worst = Reaction.OK
        self.standing_by = ""
        self.failure = ""

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        self._assembly = assembly

    def tick(self, moment: Moment) -> None:
        if not self._wire.broken or self._assembly is None:
            return
        safety, runner = self._assembly.safety, self._assembly.runner
        if moment.reaction.rank > Reaction.LIMITED.rank:
            why = safety.stopped or safety.slowed
            stands = moment.reaction.rank >= Reaction.STAND.rank
            if stands and self.worst.rank < Reaction.STAND.rank:
                self.detected_by = ""  # slow before: what counts is what stopped it
            if why is not None:
                self._note(why.kind.value)
            self.worst = max(self.worst, moment.reaction, key=lambda r: r.rank)
        self.standing_by = safety.standing_by or self.standing_by
        if any(runner.fault(name) for name in ("walk", "balance")):
            self._note(RUNNER)
        status = moment.status
        if status.failure is Failure.OBJECT_LOST or "not seen" in status.sentence:
            self._note(PLANNER)
        if status.failure is not None and status.failure is not Failure.TIMEOUT:
            self.failure = status.failure.value

    def end(self, result: EpisodeResult) -> None:
        pass

    def close(self) -> None:
        pass

    def _note(self, who: str) -> None:
        if not self.detected_by:
            self.detected_by, self.at = who, self._wire.answering_at


def inject(case: Case, backend: str, seed: int, robot: str) -> Outcome:
    """Run a task, let the fault have its way in the middle of it, and watch.

    Args:
        case: the fault and the situation.
        backend: name of the backend.
        seed: of the scene, and of the moment of the fault.
        robot: name or file of the robot.

    Raises:
        PolicyMismatch: if a policy is missing or does not fit.
    """
    if case.killed:
        return outcome_of(case, backend, kill(case, backend, seed, robot), None)
    plan = plan_of(case, backend, seed, robot)
    fault = case.make(plan.robot)
    injection = _Injection(case, fault, backend, seed)
    assembly = build(plan, alter=injection)
    wire = injection.wire
    assert wire is not None
    assembly = replace(assembly, compute_clock=lambda: fault.stalled_s)
    watch = _Watch(wire)
    try:
        Episode(assembly, seed, observers=[watch], after_failure_s=WATCHED_S).run()
    finally:
        wire.close()
    return outcome_of(case, backend, wire, watch)


def outcome_of(
    case: Case, backend: str, wire: FaultyBackend, watch: _Watch | None
) -> Outcome:
    """Put together what was seen on both sides of the wire."""
    detected_by, at, reaction, failure = "", None, Reaction.OK.value, ""
    if watch is not None:
        detected_by, at, failure = watch.detected_by, watch.at, watch.failure
        reaction = watch.worst.value
        if watch.worst in (Reaction.STAND, Reaction.CROUCH):
            reaction = f"{reaction} ({watch.standing_by})"
        elif failure and watch.worst is Reaction.OK:  # `balance` got the legs
            reaction = f"{Reaction.STAND.value} (balance)"
    if wire.stood_in_at is not None:
        detected_by, at = COMMAND_WATCHDOG, wire.stood_in_at
        reaction = f"{wire.gate.reaction.value} (robot)"
    return Outcome(
        case=case,
        backend=backend,
        detected_by=detected_by,
        reaction=reaction,
        latency_ms=None if at is None else round(1e3 * (at - wire.begins), 1),
        fell=wire.fell_at is not None,
        drop_speed=wire.drop_speed,
        failure=failure,
    )
