"""Processes that work beside this one, and end with it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What libraries for matrices read, once, when they are imported."""


def processes(jobs: int) -> ProcessPoolExecutor:
    """Return a pool whose processes use one thread each.

    They begin anew instead of as copies: the simulator has threads, which a copy would
    lack. What an interrupt means is the parent's to say: what is begun is finished. If
    the parent is killed, they end as well.

    Args:
        jobs: how many.
    """
    for name in THREADS:  # processes that are spawned inherit them
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin
    )


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
