"""Show a tree: as text for a terminal, as plain data for a viewer or a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from py_trees.behaviour import Behaviour
from py_trees.common import Status

MARKS = {
    Status.SUCCESS: "✓",
    Status.FAILURE: "✗",
    Status.RUNNING: "▶",
    Status.INVALID: "·",
}


def mark_of(node: Behaviour) -> str:
    """Return how a node stands, as one character."""
    return MARKS[node.status]


def as_text(
    root: Behaviour,
    *,
    folded: bool = False,
    mark: Callable[[Behaviour], str] = mark_of,
) -> str:
    """Return the tree, one node a line, with marks and feedback.

    Args:
        root: of the tree.
        folded: whether to leave out what lies below nodes that do not run.
        mark: what stands in front of a name.
    """
    return "\n".join([_line(root, mark), *_lines(root, "", folded, mark)])


def as_dict(root: Behaviour) -> dict[str, Any]:
    """Return the tree as plain data that JSON can hold."""
    return {
        "name": root.name,
        "kind": type(root).__name__,
        "status": root.status.value.lower(),
        "message": root.feedback_message,
        "children": [as_dict(child) for child in root.children],
    }


def _lines(
    node: Behaviour, indent: str, folded: bool, mark: Callable[[Behaviour], str]
) -> Iterator[str]:
    for child in node.children:
        last = child is node.children[-1]
        fold = folded and child.status != Status.RUNNING and bool(child.children)
        more = " …" if fold else ""
        yield f"{indent}{'└─ ' if last else '├─ '}{_line(child, mark)}{more}"
        if not fold:
            deeper = indent + ("   " if last else "│  ")
            yield from _lines(child, deeper, folded, mark)


def _line(node: Behaviour, mark: Callable[[Behaviour], str]) -> str:
    # What was not reached yet may carry the words of an earlier attempt.
    visited = node.status != Status.INVALID and node.feedback_message
    return f"{mark(node)} {node.name}" + (
        f" ({node.feedback_message})" if visited else ""
    )
