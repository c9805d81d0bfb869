"""What benchmarks share: one core, a table on the screen, a JSON file if wanted."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

Show = Callable[[str, dict[str, Any]], None]
OPTION = "--bench-json"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, type=Path, help="where benchmarks write their figures")


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Iterator[dict[str, Any]]:
    """Every benchmark's figures by name; written down when all have run."""
    # A bare `pytest` reads this file too late for the option.
    path: Path | None = pytestconfig.getoption(OPTION, default=None)
    gathered: dict[str, Any] = {
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            # Above 0 others were busy too, and the figures are too low.
            "load_before": round(os.getloadavg()[0], 2),
        }
    }
    yield gathered
    if path is not None:
        path.write_text(json.dumps(gathered, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def show(figures: dict[str, Any]) -> Show:
    """Print a benchmark's figures as a table and keep them."""

    def tell(name: str, values: dict[str, Any]) -> None:
        figures[name] = values
        table = Table(box=None, title=name, title_justify="left", show_header=False)
        for key, value in values.items():
            table.add_row(key, f"{value:,}" if isinstance(value, int) else str(value))
        console = Console(width=100)
        console.print()
        console.print(table)

    return tell


@pytest.fixture
def one_core() -> Iterator[None]:
    """Keep the process on one core, where the system lets it choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)
