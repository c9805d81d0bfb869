"""The parts of a choice: its condition, what it decides about, what else happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lark import Token, Tree

from planners.sentences.grammar import Branch
from planners.sentences.questions import Question
from planners.task import If, Item


class Choice(NamedTuple):
    """A choice in the words that were said."""

    word: Token  # if, unless
    conditions: Branch
    body: tuple[Branch, ...]
    otherwise: tuple[Branch, ...]
    late: bool  # whether the condition comes behind: "grasp it if ..."


def read_choice(branch: Branch) -> Choice:
    """Pick the parts of a choice out of its branch of the grammar."""
    word = next(part for part in branch.children if isinstance(part, Token))
    late = isinstance(branch.children[0], Tree)
    first, second, *otherwise = subtrees(branch)
    body, conditions = (first, second) if late else (second, first)
    return Choice(word, conditions, (body,), tuple(otherwise), late)


def subtrees(branch: Branch) -> list[Branch]:
    """Return the branches right below one."""
    return [part for part in branch.children if isinstance(part, Tree)]


def nest(
    questions: Sequence[Question], then: tuple[Item, ...], other: tuple[Item, ...]
) -> If:
    """Return a choice that asks all questions, the first one outermost.

    "If not A then B, otherwise C" is the same as "if A then C, otherwise B".
    """
    first, *rest = questions
    items = (nest(rest, then, other),) if rest else then
    if first.negated and other:
        return If(condition=first.predicate, items=other, otherwise=items)
    return If(
        condition=first.predicate,
        items=items,
        otherwise=other,
        negated=first.negated,
    )
