"""Measure many things, one after the other or in several processes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool

from app.processes import processes
from app.prove.measures import Measurement, carry_out
from app.prove.tasks import Result
from configs.loader import ConfigError


def carried_out(
    wanted: Sequence[Measurement], jobs: int
) -> Iterator[tuple[Measurement, Result]]:
    """Yield measurements as they become ready.

    Args:
        wanted: what to measure.
        jobs: processes, each of which uses one thread.

    Raises:
        ConfigError: if a stage lacks something, a file cannot be used, or a process
            ends by itself.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    jobs = min(jobs, len(wanted))
    if jobs <= 1:
        for one in wanted:
            yield one, carry_out(one)
        return
    pool = processes(jobs)
    try:
        running = {pool.submit(carry_out, one): one for one in wanted}
        for future in as_completed(running):
            yield running[future], future.result()
    except BrokenProcessPool:
        raise ConfigError(
            f"--jobs {jobs}: a process ended by itself, perhaps for want of memory. "
            "Take fewer jobs, and go on with the same --json."
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
