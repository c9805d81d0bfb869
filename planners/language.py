"""Read a sentence such as "walk to table and grasp cup" into a Task."""

from __future__ import annotations

from collections.abc import Iterable

from lark import Lark, Token, Tree, UnexpectedToken
from rapidfuzz import fuzz, process

from planners.meaning import Command, Meaning
from planners.task import Task
from planners.vocabulary import VERBS, WORDS_OF, LanguageError, Vocabulary

__all__ = ["LanguageError", "Vocabulary", "parse_task"]

# Terminals with a leading underscore are matched and then dropped from the tree.
GRAMMAR = f"""
    task: _COMMA* command (_joiner command)* _COMMA*
    _joiner: _COMMA+ | _COMMA* _AND _COMMA* | _COMMA* _AND? _THEN _COMMA*
    ?command: walk | grasp | place | carry | stand

    walk:  WALK destination
    grasp: (GRASP thing | PICK _UP thing | PICK thing _UP) origin? hand?
    place: PLACE _DOWN? thing _DOWN? surface?
    carry: CARRY thing destination
    stand: STAND _FOR? NUMBER _SECONDS

    thing: NAME | IT
    destination: _TO (NAME | IT | THERE) -> where
               | THERE                   -> where
    surface:     _ON (NAME | IT | THERE) -> where
               | THERE                   -> where
    origin:      (_FROM | _ON) NAME      -> where
    hand: _WITH SIDE _HAND

    %declare NAME NUMBER {" ".join(WORDS_OF)}
"""

_PARSER = Lark(GRAMMAR, start="task", parser="lalr", lexer="basic")
_FORMS = ", ".join(f"'{verb.form}'" for verb in VERBS.values())
NEAR_ENOUGH = 60.0  # similarity [%] below which a guess would only confuse


def parse_task(text: str, vocabulary: Vocabulary) -> Task:
    """Return the task a sentence asks for.

    Raises:
        LanguageError: naming the word that is not understood, its position, what
            is known, and the nearest known word.
    """
    tokens = list(vocabulary.tokens(text))
    if not tokens:
        raise LanguageError(f"the sentence is empty; say one of {_FORMS}")
    reader = _PARSER.parse_interactive()
    try:
        for token in tokens:
            reader.feed_token(token)
        tree = reader.feed_token(Token("$END", ""))
    except UnexpectedToken as error:
        expected = set(error.accepts or error.expected)
        raise LanguageError(
            _explain(error.token, expected, tokens[-1], vocabulary)
        ) from None
    meaning = Meaning(vocabulary)
    for part in tree.children:
        meaning.add(_command(part))
    return Task(text=text.strip(), steps=meaning.steps)


def _command(tree: Tree[Token]) -> Command:
    """Pick the roles of a command out of its branch of the grammar."""
    said: dict[str, Token] = {}
    for part in tree.children:
        if isinstance(part, Tree):
            said[str(part.data)] = part.children[0]  # type: ignore[assignment]
        else:
            said[part.type] = part
    return Command(
        action=str(tree.data),
        thing=said.get("thing"),
        where=said.get("where"),
        side=said.get("hand"),
        duration=said.get("NUMBER"),
        at=next(iter(said.values())),
    )


def _explain(
    token: Token, expected: set[str], last: Token, vocabulary: Vocabulary
) -> str:
    wanted = ", ".join(_wanted(expected, vocabulary))
    if token.type == "$END":
        return f"the sentence stops after '{last}'; expected {wanted}"
    where = f"'{token}' at character {(token.start_pos or 0) + 1}"
    if token.type != "UNKNOWN":
        return f"{where} does not fit here; expected {wanted}"
    words = [word for terminal in expected for word in WORDS_OF.get(terminal, ())]
    if "NAME" in expected:
        words += {*vocabulary.kinds, *vocabulary.kinds.values()}
    near = process.extractOne(
        str(token).lower(), sorted(words), scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH
    )
    guess = f"; did you mean '{near[0]}'?" if near else ""
    return f"unknown word {where}; expected {wanted}{guess}"


def _wanted(expected: Iterable[str], vocabulary: Vocabulary) -> Iterable[str]:
    """Yield what may come next, in words."""
    rest = set(expected)
    if rest & VERBS.keys():
        yield f"a command ({_FORMS})"
        return  # a comma would be accepted too, but helps nobody
    if "NAME" in rest:
        yield f"an object ({', '.join(sorted(vocabulary.kinds)) or 'none is known'})"
    if "NUMBER" in rest:
        yield "a number"
    for terminal in WORDS_OF:
        if terminal in rest:
            yield f"'{WORDS_OF[terminal][0]}'"
    if "$END" in rest:
        yield "the end of the sentence"
