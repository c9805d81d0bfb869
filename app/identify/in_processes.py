"""Do the same to several seeds, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Outcome = TypeVar("Outcome")


def in_processes(
    work: Callable[[int], Outcome], seeds: Sequence[int], jobs: int
) -> Iterator[Outcome]:
    """Yield what came of each seed, in their order.

    Processes begin anew instead of as copies: the simulator has threads, which a copy
    would lack.

    Args:
        work: of one seed; a function that another process can import.
        seeds: to work on.
        jobs: how many at a time.
    """
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, seeds)
