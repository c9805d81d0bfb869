"""Read a sentence such as "walk to table and grasp cup" into a Task."""

from __future__ import annotations

from lark import Token, Tree, UnexpectedToken

from planners.sentences import limits
from planners.sentences.context import position
from planners.sentences.footwork import forms
from planners.sentences.grammar import PARSER, Branch
from planners.sentences.meaning import Meaning
from planners.sentences.refusal import explain
from planners.sentences.tidy import tidy
from planners.sentences.tokens import read_tokens, show
from planners.task import Task
from planners.vocabulary import LanguageError, Vocabulary

__all__ = ["LanguageError", "Vocabulary", "parse_task"]


def parse_task(text: str, vocabulary: Vocabulary) -> Task:
    """Return the task a sentence asks for.

    Raises:
        LanguageError: naming the word that is not understood, its position, what
            is known, and the nearest known word.
    """
    tokens = tidy(read_tokens(text, vocabulary))
    if not tokens:
        raise LanguageError(f"the sentence is empty; say {forms()}")
    tree = _parse(tokens, vocabulary)
    meaning = Meaning(vocabulary)
    deadline: Token | None = None
    for part in tree.children:
        assert isinstance(part, Tree)
        if part.data != "deadline":
            meaning.add(part)
            continue
        (said,) = part.children
        assert isinstance(said, Token)
        if deadline is not None:
            raise LanguageError(
                f"'{said}' {position(said)} is a second deadline; say one"
            )
        deadline = said
    if not meaning.items:
        raise LanguageError(f"'{show(text)}' asks for nothing; say {forms()}")
    return Task(
        text=text.strip(),
        items=meaning.items,
        deadline_s=None if deadline is None else limits.duration(deadline),
    )


def _parse(tokens: list[Token], vocabulary: Vocabulary) -> Branch:
    reader = PARSER.parse_interactive()
    for at, token in enumerate(tokens):
        try:
            reader.feed_token(token)
        except UnexpectedToken:
            raise LanguageError(_explain(tokens, at, vocabulary)) from None
    try:
        tree = reader.feed_token(Token("$END", ""))
    except UnexpectedToken:
        raise LanguageError(_explain(tokens, len(tokens), vocabulary)) from None
    assert isinstance(tree, Tree)
    return tree


def _explain(tokens: list[Token], at: int, vocabulary: Vocabulary) -> str:
    # The parser has tidied up behind the word it stumbled over, so go there anew.
    reader = PARSER.parse_interactive()
    for token in tokens[:at]:
        reader.feed_token(token)
    expected = {str(name) for name in reader.accepts()}  # type: ignore[no-untyped-call]
    return explain(tokens, at, expected, vocabulary)
