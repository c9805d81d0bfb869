"""Turn the branches of a sentence into items: order, repetitions and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from lark import Token, Tree

from planners.sentences import limits
from planners.sentences.choice import nest, read_choice, subtrees
from planners.sentences.command import first_token, read_command
from planners.sentences.context import Context, Names, position
from planners.sentences.custom import custom_step
from planners.sentences.deeds import Deeds
from planners.sentences.footwork import forms
from planners.sentences.grammar import Branch
from planners.sentences.questions import assume, read_question
from planners.sentences.script import Script, grasped, is_endless
from planners.task import Achieve, Item, Repeat, Step
from planners.vocabulary import LanguageError, Vocabulary

MAX_DEPTH = 8  # of choices and repetitions within others


class Meaning:
    """Understands the branches of one sentence, or of a stretch within it."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        context: Context | None = None,
        depth: int = 0,
    ) -> None:
        """Begin with empty hands and nothing mentioned, or where a context is."""
        self._vocabulary = vocabulary
        self._names = Names(vocabulary)
        self._context = context or Context()
        self._depth = depth
        self._line_at = 0  # index of the first item of this sentence
        self._verb_at = 0  # index of the items of the last command with a verb
        self._script = Script(vocabulary)
        self._deeds = Deeds(self._names, self._context, self._script)

    @property
    def items(self) -> tuple[Item, ...]:
        """What was asked for so far."""
        return self._script.items

    def add(self, branch: Branch) -> None:
        """Understand one more branch.

        Raises:
            LanguageError: if it makes no sense in this scene or after the others.
        """
        self._script.verb = first_token(branch)
        if branch.data not in ("line", "also") and not _is_repeated_also(branch):
            self._verb_at = len(self._script.items)
        match str(branch.data):
            case "line":
                self._line_at = len(self._script.items)
                for part in subtrees(branch):
                    self.add(part)
            case "repeated":
                action, often = branch.children
                assert isinstance(action, Tree) and isinstance(often, Token)
                self._repeat(action, often)
            case "loop":
                self._loop(branch)
            case "again":
                self._again(branch)
            case "guarded" | "choice" | "late_choice":
                self._choose(branch)
            case "ensure":
                self._ensure(branch)
            case "halt":
                self._halt(first_token(branch))
            case "use":
                command = read_command(branch)
                args = custom_step(command, self._vocabulary, self._names)
                self._script.step(str(command.verb).lower(), args)
                self._context.moves = False
            case _:
                self._deeds.add(read_command(branch))

    # Repetitions

    def _repeat(self, action: Branch, often: Token) -> None:
        begun = self._verb_at if action.data == "also" else len(self._script.items)
        if often.type == "LATE_TIMES" and begun > self._line_at:
            raise LanguageError(
                f"'{often}' {position(often)} leaves open what it repeats; drop the "
                f"comma before it, or say 'and repeat that {often}'"
            )
        times = limits.times(often)
        command = read_command(action) if action.data != "ensure" else None
        if times is None and command and command.action in ("stand", "hold"):
            self._deeds.stand_forever(command)
            return
        body, context = self._round([action])
        if action.data == "also":  # one verb for several commands: all are repeated
            same_verb = self._script.items[self._verb_at :]
            if all(isinstance(item, Step) for item in same_verb):
                body = (*self._script.take_from(self._verb_at), *body)
        self._wrap(body, times, often, context)

    def _loop(self, branch: Branch) -> None:
        *head, line = branch.children
        assert isinstance(line, Tree)
        (first,) = head
        often = first if isinstance(first, Token) else first.children[-1]
        assert isinstance(often, Token)
        if often.type != "TIMES":
            raise _how_often(first_token(branch))
        body, context = self._round([line])
        self._wrap(body, limits.times(often), often, context)

    def _round(self, branches: Sequence[Branch]) -> tuple[tuple[Item, ...], Context]:
        """Understand what is done several times, so that it is true of each time."""
        before = self._context
        items, after = self._within(branches)
        if (after.here, after.held.keys()) == (before.here, before.held.keys()):
            return items, after
        # The second time begins where the first one ended.
        any_time = before.copy()
        any_time.here = None
        any_time.held = {n: s for n, s in before.held.items() if n in after.held}
        return self._within(branches, any_time)

    def _wrap(
        self,
        body: tuple[Item, ...],
        times: int | None,
        often: Token,
        context: Context,
    ) -> None:
        """Add a body as often as it is wanted."""
        self._check_any(body, often)
        self._take_over(context)
        if times == 1:
            self._script.add(body)
            return
        self._check_repeatable(body, often)
        self._script.add([Repeat(items=body, times=times)])

    def _again(self, branch: Branch) -> None:
        """Repeat everything so far; the count includes the first time."""
        verb, last = branch.children[0], branch.children[-1]
        assert isinstance(verb, Token) and isinstance(last, Token)
        if last.type not in ("TIMES", "MORE", "AGAIN"):
            raise _how_often(verb)
        body = self._script.items
        if not body:
            raise LanguageError(
                f"'{verb}' {position(verb)} has nothing before it to repeat; say a "
                "command first"
            )
        if last.type == "AGAIN":
            times: int | None = 2
        elif last.type == "MORE":
            times = (limits.times(last) or 0) + 1
        else:
            times = limits.times(last)
        if times == 1:
            raise _how_often(last)
        self._check_repeatable(body, last)
        self._script.take_from(0)
        self._context.moves = False
        self._script.add([Repeat(items=body, times=times)])

    def _check_repeatable(self, body: Sequence[Item], often: Token) -> None:
        if any(map(is_endless, body)):
            raise LanguageError(
                f"'{often}' {position(often)} would never happen: what comes before it "
                "goes on until told to stop"
            )
        for name in grasped(body):
            if name in self._context.held:
                raise LanguageError(
                    f"'{often}' {position(often)} would grasp '{name}' again while it "
                    f"is still in the hand; put it down in between ('put {name} on "
                    "...')"
                )

    # Choices

    def _choose(self, branch: Branch) -> None:
        word, conditions, body, otherwise, late = read_choice(branch)
        if late and any(part.data == "also" for part in body[0].iter_subtrees()):
            said = first_token(body[0])
            raise LanguageError(
                f"'{said}' {position(said)} leaves open what '{word}' decides about; "
                "say the verb again"
            )
        mentioned = self._context
        if late:  # "grasp the cup if it is on the table"
            with suppress(LanguageError):  # "put it there if the cup is on ..."
                _, mentioned = self._within(body)
        questions = [
            read_question(part, self._names, mentioned) for part in subtrees(conditions)
        ]
        negated = word.type == "UNLESS"
        if negated and len(questions) > 1:
            raise LanguageError(
                f"'{word}' {position(word)} takes one condition; say 'if ... not ...'"
            )
        if negated:
            questions = [questions[0].opposite]
        holds, fails = self._context.copy(), self._context.copy()
        for question in questions:
            assume(question, holds)
        fails.thing, fails.place = mentioned.thing, mentioned.place
        if len(questions) == 1:
            assume(questions[0].opposite, fails)
        then, holds = self._within(body, holds)
        other, fails = self._within(otherwise, fails)
        self._check_any(then, branch)
        holds.merge(fails)
        self._take_over(holds)
        self._context.moves = False
        self._script.add([nest(questions, then, other)])

    def _halt(self, verb: Token) -> None:
        """Do nothing: every step ends with the robot standing."""
        if not self._script.items:
            raise LanguageError(
                f"'{verb}' {position(verb)} has nothing before it to end; expected "
                f"{forms()}"
            )
        self._context.moves = False

    def _ensure(self, branch: Branch) -> None:
        verb, condition = branch.children
        assert isinstance(verb, Token) and isinstance(condition, Tree)
        question = read_question(condition, self._names, self._context)
        if question.negated:
            raise LanguageError(
                f"'{verb}' {position(verb)} takes what is to become so, not what is to "
                "end; say what to do"
            )
        assume(question, self._context)
        self._context.moves = False
        self._script.add([Achieve(predicate=question.predicate)])

    def _check_any(self, body: Sequence[Item], said: Token | Branch) -> None:
        if not body:
            word = first_token(said)
            raise LanguageError(
                f"'{word}' {position(word)} is about nothing that is left to do"
            )

    def _within(
        self, branches: Iterable[Branch], context: Context | None = None
    ) -> tuple[tuple[Item, ...], Context]:
        """Understand branches on their own; return the items and where they lead."""
        if self._depth >= MAX_DEPTH:
            verb = self._script.verb
            raise LanguageError(
                f"'{verb}' {position(verb)} is nested too deep; at most {MAX_DEPTH} "
                "conditions and repetitions within others"
            )
        own = (context or self._context).copy()
        inner = Meaning(self._vocabulary, own, self._depth + 1)
        for branch in branches:
            inner.add(branch)
        return inner.items, own

    def _take_over(self, context: Context) -> None:
        """Go on from where a stretch of the sentence led."""
        vars(self._context).update(vars(context))


def _is_repeated_also(branch: Branch) -> bool:
    """Whether it is like "to the shelf twice": the verb is that of the one before."""
    return branch.data == "repeated" and subtrees(branch)[0].data == "also"


def _how_often(said: Token) -> LanguageError:
    return LanguageError(
        f"'{said}' {position(said)} does not say how often; say 'twice', 'three "
        "times' or 'until told to stop'"
    )
