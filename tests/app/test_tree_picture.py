"""The picture shows every node once, where it can be read."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest
from py_trees.behaviour import Behaviour
from py_trees.common import ParallelPolicy, Status
from py_trees.composites import Composite, Parallel, Selector, Sequence
from py_trees.decorators import Inverter

from app.tree_picture import STEP, dot_text, layout, legend, mark_of, svg_text

SVG = "{http://www.w3.org/2000/svg}"


class RunSkill(Behaviour):
    """A leaf that does nothing by itself."""

    def update(self) -> Status:
        return Status.RUNNING


class Holds(RunSkill):
    """Another."""


def step(name, *needs):
    run = Sequence(f"do {name}", memory=True, children=[*needs, RunSkill(name)])
    return Selector(name, memory=True, children=[Holds(f"already done: {name}"), run])


@pytest.fixture
def root():
    """Two steps; a name is long, another full of what XML does not like."""
    text = 'put "the <cup>" & its saucer\x1b on the shelf over there, then rest'
    return Sequence(
        text,
        memory=True,
        children=[
            step("grasp(object=cup)", Holds("in_reach(cup)"), Holds("free(hand)")),
            step("manipulate(object=cup, target=shelf, x=0.1, y=0.05)"),
        ],
    )


def texts(root):
    picture = ElementTree.fromstring(svg_text(root))
    groups = picture.findall(f"{SVG}g")
    return [" ".join(t.text or "" for t in g.findall(f"{SVG}text")) for g in groups]


def test_every_node_is_in_the_picture_in_order(root):
    shown = texts(root)
    assert len(shown) == 11
    assert shown[1:6] == [
        "? grasp(object=cup)",
        "already done: grasp(object=cup)",
        "→ do grasp(object=cup)",
        "in_reach(cup)",
        "free(hand)",
    ]


def test_any_text_can_be_a_name(root):
    first = 'put "the <cup>" & its saucer� on the shelf over there, then rest'
    assert texts(root)[0] == first


def test_long_names_are_wrapped(root):
    lines = layout(root)["0"].lines
    assert len(lines) == 2
    assert max(map(len, lines)) <= 32


def test_wide_characters_get_wide_boxes():
    narrow, wide = RunSkill("abc"), RunSkill("把杯子")
    assert layout(wide)["0"].width > layout(narrow)["0"].width


def test_no_two_boxes_meet(root):
    boxes = layout(root).values()
    for a, b in combinations(boxes, 2):
        beside = a.x + a.width < b.x or b.x + b.width < a.x
        above = a.y + a.height < b.y or b.y + b.height < a.y
        assert beside or above, (a.place, b.place)


def test_children_stand_right_of_their_parent_from_top_to_bottom(root):
    boxes = layout(root)
    for place, box in boxes.items():
        parent, _, index = place.rpartition(".")
        if not parent:
            continue
        assert box.x >= boxes[parent].x + boxes[parent].width + STEP
        if index != "0":
            before = boxes[f"{parent}.{int(index) - 1}"]
            assert before.y + before.height < box.y


def test_everything_lies_on_the_page(root):
    picture = ElementTree.fromstring(svg_text(root))
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    for box in layout(root).values():
        assert box.x >= 0
        assert box.x + box.width < width
        assert box.y >= 0
        assert box.y + box.height < height


def test_a_tree_of_200_nodes_is_drawn():
    steps = [step(f"walk(forward={n})", Holds("upright(robot)")) for n in range(40)]
    root = Sequence("forty walks", memory=True, children=steps)
    assert len(texts(root)) == 1 + 40 * 5


def test_a_single_leaf_is_drawn():
    assert texts(RunSkill("stand")) == ["stand"]


def test_kinds_differ_in_sign_and_colour():
    class RepeatNode(Composite):
        def tick(self):
            yield self

    every = ParallelPolicy.SuccessOnAll()
    root = Sequence(
        "task",
        memory=True,
        children=[
            Selector("a", memory=True, children=[RunSkill("one")]),
            Sequence("b", memory=True, children=[Holds("two")]),
            Parallel("c", every, children=[Holds("three")]),
            Inverter("d", Holds("four")),
            RepeatNode("e", [Holds("five")]),
            Sequence("empty", memory=True),
        ],
    )
    boxes = layout(root)
    signs = [boxes[f"0.{i}"].lines[0] for i in range(6)]
    assert signs == ["? a", "→ b", "⇉ c", "d", "↻ e", "→ empty"]
    assert boxes["0.0.0"].look.word == "skill"
    assert boxes["0.1.0"].look.word == "condition"
    assert boxes["0"].look.word == "task"
    for word in ("skill", "condition", "the first that works", "again and again"):
        assert word in svg_text(root)


def test_the_terminal_has_signs_and_a_legend(root):
    assert "".join(mark_of(node) for node in root.iterate()) == "○○○■→?○■→?·"
    assert set(legend(root).split("   ")) == {
        "? the first that works",
        "→ all, in order",
        "○ condition",
        "■ skill",
    }


def test_dot_has_a_line_for_every_node_and_every_edge(root):
    lines = dot_text(root).splitlines()
    assert lines[0] == "digraph tree {"
    assert lines[-1] == "}"
    assert sum("label=" in line for line in lines) == 11
    assert sum("->" in line for line in lines) == 10
    assert '  "0.0.1" -> "0.0.1.0";' in lines


def test_quotes_and_backslashes_are_escaped_in_dot():
    text = dot_text(RunSkill('say "a\\b"'))
    assert 'label="say \\"a\\\\b\\""' in text
