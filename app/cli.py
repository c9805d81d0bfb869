"""The command line: `praxis run`, `resume`, `tree`, `task`, `skills`, `train` ..."""

from __future__ import annotations

import sys

import typer

from app.commands import (
    adaptation,
    engines,
    identify,
    look,
    model,
    randomize,
    replay,
    run,
    safety,
    scenario,
    task,
    train,
)
from app.commands.shared import BAD_INPUT, INTERRUPTED, complain

app = typer.Typer(
    help="Make a humanoid robot carry out tasks by composing trained skills.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    run,
    replay,
    look,
    task,
    scenario,
    model,
    engines,
    train,
    adaptation,
    identify,
    safety,
    randomize,
):
    group.add_to(app)


def main() -> None:
    """Run the command line; also a wrong option is one line."""
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        # Typer brings its own copy of click, so its classes have no public name.
        tell = getattr(error, "format_message", None)
        if tell is None:
            raise
        complain(tell())
        sys.exit(BAD_INPUT)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
