"""Show a tree: as text for a terminal, as plain data for a viewer or a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from py_trees.behaviour import Behaviour
from py_trees.common import Status

MARKS = {
    Status.SUCCESS: "✓",
    Status.FAILURE: "✗",
    Status.RUNNING: "▶",
    Status.INVALID: "·",
}


def as_text(root: Behaviour) -> str:
    """Return the tree, one node a line, with marks and feedback."""
    return "\n".join([_line(root), *_lines(root, "")])


def as_dict(root: Behaviour) -> dict[str, Any]:
    """Return the tree as plain data that JSON can hold."""
    return {
        "name": root.name,
        "kind": type(root).__name__,
        "status": root.status.value.lower(),
        "message": root.feedback_message,
        "children": [as_dict(child) for child in root.children],
    }


def _lines(node: Behaviour, indent: str) -> Iterator[str]:
    for child in node.children:
        last = child is node.children[-1]
        yield f"{indent}{'└─ ' if last else '├─ '}{_line(child)}"
        yield from _lines(child, indent + ("   " if last else "│  "))


def _line(node: Behaviour) -> str:
    # What was not reached yet may carry the words of an earlier attempt.
    visited = node.status != Status.INVALID and node.feedback_message
    return f"{MARKS[node.status]} {node.name}" + (
        f" ({node.feedback_message})" if visited else ""
    )
