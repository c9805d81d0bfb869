"""Measure many things, one after the other or in several processes at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from app.prove.measures import Measurement, carry_out
from app.prove.tasks import Result
from configs.loader import ConfigError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What libraries for matrices read, once, when they are imported."""


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
    for name in THREADS:  # processes that are spawned inherit them
        os.environ.setdefault(name, "1")
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_leave_interrupts
    )
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


def _leave_interrupts() -> None:
    """Let the parent decide what an interrupt means; what is begun is finished."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
