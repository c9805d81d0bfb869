"""Draw a tree: as DOT for graphviz, as SVG by a layout of our own."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from py_trees.behaviour import Behaviour
from py_trees.composites import Composite, Parallel, Selector, Sequence
from py_trees.decorators import Decorator

COLUMNS = 32  # longest line in a box [characters]
CHARACTER = 7.3  # width [px] of one at FONT
FONT, LINE = 12, 16  # sizes [px]
PADDING, GAP, STEP, MARGIN = 8, 10, 44, 20  # [px]; STEP lies between two levels


@dataclass(frozen=True, kw_only=True)
class Look:
    """How nodes of one kind are drawn."""

    word: str  # for the legend
    sign: str  # in front of the name
    fill: str
    edge: str
    round: int = 3  # radius of the corners [px]


TASK = Look(word="task", sign="", fill="#f2f2f2", edge="#555555")
IN_ORDER = Look(word="all, in order", sign="→ ", fill="#e3edf9", edge="#3b6ea5")
FIRST = Look(word="the first that works", sign="? ", fill="#fdf0d5", edge="#a8741a")
AT_ONCE = Look(word="at the same time", sign="⇉ ", fill="#efe6f7", edge="#7a4fa3")
STEP_OF = Look(word="step, with remedies", sign="", fill="#e3edf9", edge="#3b6ea5")
AGAIN = Look(word="again and again", sign="↻ ", fill="#efe6f7", edge="#7a4fa3")
EITHER = Look(word="one of two ways", sign="◇ ", fill="#fbe6e6", edge="#a84a4a")
OTHER = Look(word="other", sign="", fill="#f2f2f2", edge="#777777")
CONDITION = Look(word="condition", sign="", fill="#fffbe6", edge="#8a8230", round=14)
SKILL = Look(word="skill", sign="", fill="#dff3e4", edge="#2f7d46")
LOOKS = (
    *(TASK, STEP_OF, IN_ORDER, FIRST, AT_ONCE, AGAIN, EITHER, OTHER),
    *(CONDITION, SKILL),
)

BY_NAME = {
    "StepNode": STEP_OF,
    "RepeatNode": AGAIN,
    "ChoiceNode": EITHER,
    "RunSkill": SKILL,
}
BY_KIND: tuple[tuple[type[Behaviour], Look], ...] = (
    (Selector, FIRST),
    (Sequence, IN_ORDER),
    (Parallel, AT_ONCE),
    (Composite, OTHER),
    (Decorator, OTHER),
)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A node with its place on the page; x and y are its upper left corner [px]."""

    place: str
    look: Look
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


def dot_text(root: Behaviour) -> str:
    """Return the tree in graphviz' language, drawn from left to right."""
    lines = [
        "digraph tree {",
        "  rankdir=LR;",
        '  node [shape=box, style="rounded,filled", fontname="monospace"];',
    ]
    for place, node in walk(root):
        look = look_of(node, place)
        label = "\\n".join(map(_quoted, _lines(node, look)))
        lines.append(
            f'  "{place}" [label="{label}", fillcolor="{look.fill}", '
            f'color="{look.edge}"];'
        )
    for place, _ in walk(root):
        parent = place.rpartition(".")[0]
        if parent:
            lines.append(f'  "{parent}" -> "{place}";')
    return "\n".join([*lines, "}", ""])


def svg_text(root: Behaviour) -> str:
    """Return the tree as a picture: the root at the left, time runs downwards."""
    boxes = layout(root)
    used = [look for look in LOOKS if any(box.look is look for box in boxes.values())]
    legend_top = max(box.y + box.height for box in boxes.values()) + 2 * GAP
    width = max(box.x + box.width for box in boxes.values()) + MARGIN
    width = max(width, _legend_width(used))
    height = legend_top + LINE + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
        f'font-size="{FONT}">',
        f"<title>{_xml(root.name)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for place, box in boxes.items():
        parent = boxes.get(place.rpartition(".")[0])
        if parent is not None:
            parts.append(_line_between(parent, box))
    parts += [_drawn(box) for box in boxes.values()]
    parts += _legend(used, legend_top)
    return "\n".join([*parts, "</svg>", ""])


def walk(node: Behaviour, place: str = "0") -> Iterator[tuple[str, Behaviour]]:
    """Yield every node with its place, parents before their children."""
    yield place, node
    for index, child in enumerate(node.children):
        yield from walk(child, f"{place}.{index}")


def look_of(node: Behaviour, place: str) -> Look:
    """Return how a node is drawn."""
    if place == "0" and node.children:
        return TASK
    name = type(node).__name__
    by_kind = (look for kind, look in BY_KIND if isinstance(node, kind))
    return BY_NAME.get(name) or next(by_kind, CONDITION)


def mark_of(node: Behaviour) -> str:
    """Return the sign of a node for the terminal, where there are no colours."""
    look = look_of(node, "" if node.parent else "0")
    plain = {CONDITION: "○", SKILL: "■"}
    return plain.get(look) or look.sign.strip() or "·"


def legend(root: Behaviour) -> str:
    """Return what the signs of a tree in the terminal mean."""
    words = {
        mark_of(node): look_of(node, "" if node.parent else "0").word
        for node in root.iterate()
    }
    return "   ".join(f"{mark} {word}" for mark, word in words.items() if mark != "·")


def layout(root: Behaviour) -> dict[str, Box]:
    """Place the nodes: a column a level, children in order from top to bottom.

    Every subtree has a band of the page for itself, so that no two boxes meet.
    """
    nodes = dict(walk(root))
    sizes: dict[str, tuple[Look, tuple[str, ...], float, float]] = {}
    columns: dict[int, float] = {}
    for place, node in nodes.items():
        look = look_of(node, place)
        lines = _lines(node, look)
        width = max(map(_columns, lines)) * CHARACTER + 2 * PADDING
        sizes[place] = look, lines, width, len(lines) * LINE + 2 * PADDING
        level = place.count(".")
        columns[level] = max(columns.get(level, 0.0), width)
    lefts = {0: float(MARGIN)}
    for level in range(1, len(columns)):
        lefts[level] = lefts[level - 1] + columns[level - 1] + STEP
    bands: dict[str, float] = {}  # height of each subtree
    for place in reversed(nodes):  # children before their parents
        bands[place] = max(sizes[place][3], _below(place, nodes[place], bands))
    tops = {"0": float(MARGIN)}
    boxes: dict[str, Box] = {}
    for place, node in nodes.items():
        look, lines, width, height = sizes[place]
        top = tops[place] + (bands[place] - _below(place, node, bands)) / 2
        for index in range(len(node.children)):
            child = f"{place}.{index}"
            tops[child] = top
            top += bands[child] + GAP
        boxes[place] = Box(
            place=place,
            look=look,
            lines=lines,
            x=lefts[place.count(".")],
            y=tops[place] + (bands[place] - height) / 2,
            width=width,
            height=height,
        )
    return boxes


def _below(place: str, node: Behaviour, bands: dict[str, float]) -> float:
    """Return the height that the children of a node take together."""
    children = [bands[f"{place}.{index}"] for index in range(len(node.children))]
    return sum(children) + GAP * max(0, len(children) - 1)


def _lines(node: Behaviour, look: Look) -> tuple[str, ...]:
    text = f"{look.sign}{_printable(node.name)}"
    return tuple(textwrap.wrap(text, COLUMNS)) or ("",)


def _columns(text: str) -> int:
    """Return how many columns a text takes; some characters take two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _drawn(box: Box) -> str:
    x, bottom = box.x + PADDING, box.y + PADDING - (LINE - FONT)
    texts = "".join(
        f'<text x="{x:.1f}" y="{bottom + LINE * number:.1f}" fill="#1a1a1a" '
        f'xml:space="preserve">{escape(text)}</text>'
        for number, text in enumerate(box.lines, start=1)
    )
    return (
        f'<g id="n{box.place}"><rect x="{box.x:.1f}" y="{box.y:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{box.look.round}" '
        f'fill="{box.look.fill}" stroke="{box.look.edge}"/>{texts}</g>'
    )


def _line_between(parent: Box, child: Box) -> str:
    x1, y1 = parent.x + parent.width, parent.y + parent.height / 2
    x2, y2 = child.x, child.y + child.height / 2
    middle = x2 - STEP / 2
    return (
        f'<path d="M{x1:.1f} {y1:.1f} H{middle:.1f} V{y2:.1f} H{x2:.1f}" '
        'fill="none" stroke="#888888"/>'
    )


def _legend(looks: list[Look], y: float) -> list[str]:
    parts, x = [], float(MARGIN)
    for look in looks:
        text = f"{look.sign}{look.word}"
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="14" height="14" '
            f'rx="{min(look.round, 7)}" fill="{look.fill}" stroke="{look.edge}"/>'
            f'<text x="{x + 20:.1f}" y="{y + FONT - 1:.1f}" fill="#1a1a1a" '
            f'xml:space="preserve">{escape(text)}</text>'
        )
        x += _entry_width(look)
    return parts


def _legend_width(looks: list[Look]) -> float:
    return 2 * MARGIN + sum(map(_entry_width, looks))


def _entry_width(look: Look) -> float:
    return 40 + CHARACTER * len(look.sign + look.word)


def _printable(text: str) -> str:
    """Return one line of text that any file format can hold."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def _xml(text: str) -> str:
    return escape(_printable(text), {'"': "&quot;"})


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
