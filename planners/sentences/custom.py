"""Commands of skills that the registry has and no verb was written for."""

from __future__ import annotations

from lark import Token

from planners.sentences import limits
from planners.sentences.command import Command
from planners.sentences.context import Names, position
from planners.sentences.ways import Args
from planners.vocabulary import LanguageError, Vocabulary
from skills.contract import Argument


def custom_step(command: Command, vocabulary: Vocabulary, names: Names) -> Args:
    """Return the arguments of a skill that is called by its own name.

    What is named goes to the arguments that name objects, in order; a hand to the
    one for a side, a time to `duration_s`, a speed to `speed`.

    Raises:
        LanguageError: if something is missing, or there is no argument for it.
    """
    assert vocabulary.skills is not None
    verb = command.verb
    arguments = vocabulary.skills[str(verb).lower()]
    things = [command.thing, *(spot.place for spot in command.spots)]
    left = [token for token in things if token is not None]
    args: Args = {}
    for argument in arguments:
        if argument.kind == "object" and left:
            args[argument.name] = names.thing(left.pop(0), None)
        elif argument.kind == "side" and command.side is not None:
            args[argument.name] = str(command.side).lower()
        elif argument.kind == "number":
            args.update(_number(argument, command))
        if argument.required and argument.name not in args:
            raise LanguageError(
                f"'{verb}' {position(verb)} does not say '{argument.name}': "
                f"{argument.text}"
            )
    left += [t for t in command.said if t.type not in ("DURATION", "SPEED")]
    for token, name in (
        *((token, None) for token in left),
        (command.side, "side"),
        (command.word("DURATION"), "duration_s"),
        (command.word("SPEED"), "speed"),
    ):
        if token is not None and name not in args:
            raise _odd(token, verb)
    return args


def _number(argument: Argument, command: Command) -> Args:
    lasting, fast = command.word("DURATION"), command.word("SPEED")
    if argument.name == "duration_s" and lasting is not None:
        return {argument.name: limits.duration(lasting)}
    if argument.name == "speed" and fast is not None:
        return {argument.name: limits.speed(fast)}
    return {}


def _odd(token: Token, verb: Token) -> LanguageError:
    return LanguageError(
        f"'{token}' {position(token)} does not fit '{verb}'; the skill has no "
        "argument for it"
    )
