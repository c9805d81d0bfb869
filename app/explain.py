"""Carry out `praxis explain`: tell what happened in a run, from its trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.records.trace_reading import read_trace
from configs.loader import ConfigError
from planners.story import tell


def explain(
    path: Path, print_line: Callable[[str], None], episode: int | None = None
) -> None:
    """Tell the story of one episode, or of all.

    Args:
        path: of the trace.
        print_line: prints a line.
        episode: its number, from 1; all if None.

    Raises:
        ConfigError: if the file is no trace, or has no such episode.
    """
    accounts = read_trace(path)
    if episode is not None and not 1 <= episode <= len(accounts):
        raise ConfigError(
            f"{path}: there is no episode {episode}; it has 1 to {len(accounts)}."
        )
    for number, account in enumerate(accounts, start=1):
        if episode not in (None, number):
            continue
        if len(accounts) > 1:
            print_line(f"Episode {number} of {len(accounts)}")
        for sentence in tell(account):
            # What others wrote into the file does not command the terminal.
            print_line("".join(c if c.isprintable() else " " for c in sentence))
        if len(accounts) > 1 and episode is None and number < len(accounts):
            print_line("")
