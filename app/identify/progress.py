"""The line that shows how far a recording or a fit has come."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


def progress_on(console: Console) -> Progress:
    """Return a line with a bar that goes away at the end."""
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn()]
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
