"""Carry a task out once for each of several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.control_loop import Assembly, Episode, Observer
from app.operators.desk import Nobody, Operator, Wish
from app.result import EpisodeResult
from skills.contract import Failure, GoalError


def run_episodes(
    assembly: Assembly,
    seed: int,
    episodes: int,
    *,
    observers: Sequence[Observer] = (),
    operator: Operator | None = None,
) -> Iterator[EpisodeResult]:
    """Yield a result for each of the seeds `seed`, `seed + 1`, and so on.

    Of several episodes one that the operator stopped is left out: it says nothing
    about the robot.

    Raises:
        GoalError: if the task makes no sense in the first world. In a later one it is
            a failure like others.
    """
    operator = operator or Nobody()
    for now in range(seed, seed + episodes):
        episode = Episode(assembly, now, observers=observers, operator=operator)
        try:
            result = episode.run()
        except GoalError as error:
            if now == seed:
                raise
            result = _cannot(now, str(error))
        stopped = operator.wish() >= Wish.STOP
        if not (stopped and episodes > 1 and result.failure is Failure.OPERATOR):
            yield result
        if stopped:
            return


def _cannot(seed: int, reason: str) -> EpisodeResult:
    return EpisodeResult(
        seed=seed,
        success=False,
        failure=Failure.CONTRACT,
        sentence=f"the task makes no sense in this world: {reason}",
        duration_s=0.0,
    )
