"""The words of sentences that no scene and no robot changes: verbs, links, fillers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Verb(NamedTuple):
    """One kind of command: the words that begin it, what carries it out, a form."""

    words: tuple[str, ...]
    skill: str
    form: str = ""  # how to say it, for a person who said something else


VERBS: Mapping[str, Verb] = {
    "WALK": Verb(
        (
            *("walk", "go", "head", "march", "proceed", "travel", "stroll", "come"),
            *("navigate", "make your way"),
        ),
        "walk",
        "walk to X",
    ),
    "STEP": Verb(("step",), "walk", "walk N m forward"),
    "APPROACH": Verb(("approach", "visit"), "walk"),
    "TURN": Verb(("turn", "rotate", "spin", "pivot"), "walk", "turn left N degrees"),
    "GRASP": Verb(
        (
            *("grasp", "pick", "grab", "lift", "fetch", "seize", "collect"),
            *("retrieve", "take hold of", "get hold of", "grab hold of"),
        ),
        "grasp",
        "grasp X",
    ),
    "TAKE": Verb(("take", "get"), "grasp"),
    "HOLD": Verb(("hold", "hold on to", "hold onto", "keep hold of"), "grasp"),
    "PLACE": Verb(
        ("put", "place", "set", "lay", "deposit"), "manipulate", "put X on Y"
    ),
    "RELEASE": Verb(
        ("release", "let go of", "let go", "let it go", "let go of it"), "manipulate"
    ),
    "DROP": Verb(("drop", "drop off"), "manipulate"),
    "LEAVE": Verb(("leave",), "manipulate"),
    "CARRY": Verb(("carry", "bring", "transport", "haul"), "walk", "carry X to Y"),
    "MOVE": Verb(("move", "return"), "walk"),
    "DELIVER": Verb(("deliver", "transfer", "relocate"), "manipulate"),
    "STAND": Verb(
        (
            *("stand", "balance", "wait", "stay", "remain", "rest", "pause"),
            *("hold still", "keep still", "hold on", "stand still", "keep standing"),
        ),
        "balance",
        "stand for N seconds",
    ),
    "ENSURE": Verb(
        ("see to it that", "make sure that", "make sure", "ensure", "see that"), ""
    ),
    "MAKE": Verb(("make", "perform"), "walk"),
    "HALT": Verb(("stop", "halt"), ""),
    "DO": Verb(("do",), ""),
    "REPEAT": Verb(("repeat", "redo"), ""),
}
"""By grammar terminal. `get to X` and `return X to Y` are told apart by the grammar."""

_UNTIL = ("until told", "until you are told", "until i tell you", "till told")
_SAID = ("until i say", "till i say", "until someone says", "until somebody says")
_FOREVER = (
    *(f"{until} {what}" for until in _UNTIL for what in ("to stop", "otherwise")),
    *(f"{until} {what}" for until in _SAID for what in ("stop", "so", "to stop")),
    *("until stopped", "until i stop you", "until you are stopped"),
    *("forever", "for ever", "endlessly", "indefinitely", "over and over"),
)

LINKS: Mapping[str, tuple[str, ...]] = {
    "_JOIN": ("and", "then", ","),
    "_STOP": (".",),
    "_AND_IF": ("and",),
    "_COLON": (":",),
    "TO": (
        *("to", "towards", "toward", "up to", "over to", "as far as", "all the way to"),
        *("down to",),
    ),
    "NEAR": (
        *("near", "next to", "beside", "by", "close to", "in front of"),
        *("up next to",),
    ),
    "ON": (
        *("on", "onto", "upon", "on top of", "on to", "standing on", "sitting on"),
        *("lying on", "resting on", "down on", "down onto", "back on", "back onto"),
    ),
    "AT": ("at",),
    "FROM": ("from", "off", "off of", "down from", "from on", "from off"),
    "_FOR": ("for",),
    "_BY": ("by",),
    "_WITH": ("with", "using", "by using", "carrying", "holding"),
    "_IN": ("in", "into"),
    "SIDE": ("left", "right"),
    "_HAND": ("hand", "arm"),
    "HANDED": ("left-handed", "right-handed"),
    "FORWARD": (
        *("forward", "forwards", "ahead", "straight ahead", "straight on"),
        *("straight forward", "straight forwards", "onward", "onwards"),
    ),
    "BACK": ("back", "backward", "backwards", "straight back"),
    "SIDEWAYS": ("sideways", "aside"),
    "CLOCKWISE": ("clockwise",),
    "COUNTERCLOCKWISE": (
        *("counterclockwise", "anticlockwise", "counter-clockwise"),
        *("anti-clockwise", "counter clockwise", "anti clockwise"),
    ),
    "AROUND": ("around", "round", "u-turn", "u turn"),
    "_UP": ("up",),
    "_DOWN": ("down",),
    "SLOWLY": ("slowly", "slow"),
    "QUICKLY": ("quickly", "fast", "briskly", "swiftly"),
    "IT": ("it", "that", "them", "this", "these", "those"),
    "WHICH": ("which",),
    "ALL": (
        *("all of that", "all of this", "all of it", "all that", "all this"),
        *("everything", "the whole thing", "all of them", "it all"),
        *("this all", "that all", "all", "these steps", "the whole sequence"),
    ),
    "THERE": ("there", "over there"),
    "HERE": ("here", "right here", "where you are"),
    "ONCE": ("once", "one time", "a single time", "just once"),
    "TWICE": ("twice", "two times"),
    "FOREVER": _FOREVER,
    "MORE": ("once more", "one more time", "once again", "another time"),
    "AGAIN": ("again",),
    "FOLLOWING": ("following", "the following"),
    "_WITHIN": (
        *("within", "in under", "in less than", "in at most", "in no more than"),
        *("within the next", "in not more than", "within at most"),
    ),
    "IF": ("if", "in case", "provided that", "provided", "only if", "assuming"),
    "UNLESS": ("unless", "except if"),
    "_ELSE": ("otherwise", "else", "or else", "if not"),
    "IS": (
        *("is", "are", "stands", "lies", "sits", "rests", "remains", "is standing"),
        *("is lying", "is sitting", "is resting", "is placed", "is located", "stays"),
        *("are standing", "stand"),
    ),
    "NOT": ("not", "no longer", "no", "not any longer", "not yet"),
    "_HELD": ("in hand", "in hands", "held"),
    "_VISIBLE": ("visible", "seen", "in sight", "in view"),
    "_REACHABLE": ("reachable", "in reach", "within reach"),
    "SPEED_OF": ("speed of", "pace of", "velocity of", "speed"),
    "_YOU": ("you", "robot"),
    "_HAVE": (
        *("have", "has", "holds", "hold", "are holding", "is holding", "have got"),
        *("has got", "carry", "are carrying", "is carrying", "still hold"),
    ),
    "_SEE": ("see", "sees", "find", "spot"),
    "_REACH": ("reach", "reaches", "grasp"),
    "CAN": ("can", "do", "does", "are able to"),
}
"""Words by grammar terminal; those of one with an underscore are dropped when read."""

WORDS_OF: Mapping[str, tuple[str, ...]] = {
    **{terminal: verb.words for terminal, verb in VERBS.items()},
    **LINKS,
}
"""Spoken words by grammar terminal, the plainest first."""

SEPARATORS: Mapping[str, str] = {
    **dict.fromkeys((",", "–", "—", "-"), "COMMA"),  # noqa: RUF001
    **dict.fromkeys((".", ";", "!", "?", "…"), "PERIOD"),
    **dict.fromkeys(("and", "&"), "AND"),
    **dict.fromkeys(("then", "and then", "followed by"), "THEN"),
    **dict.fromkeys(
        (
            *("next", "afterwards", "afterward", "after that", "after this", "finally"),
            *("lastly", "last", "thereafter", "subsequently", "at the end"),
            *("in the end", "once there", "first", "firstly", "first of all"),
            *("to begin with", "second", "secondly", "third", "thirdly", "when done"),
            *("once done", "when you are done", "once you are done", "to start with"),
            *("as soon as you are done", "after doing so"),
        ),
        "SOON",
    ),
}
"""Between commands. Those called SOON may also begin or end a command."""

_POLITE = (
    *("please", "kindly", "could you", "would you", "can you", "will you", "hey", "hi"),
    *("hello", "ok", "okay", "thanks", "thank you", "thank you very much", "well"),
    *("many thanks", "thanks a lot", "cheers", "for me", "for us", "dear"),
    *("i want you to", "i would like you to", "i need you to", "you should"),
    *("you must", "you need to", "you have to", "you shall", "let us", "alright"),
    *("be so kind and", "be so kind as to", "be so kind", "go ahead and", "try to"),
    *("if you please", "if you do not mind", "all right"),
    *("your task is to", "your job is to", "good robot"),
    *("the robot should", "the robot must", "the robot shall", "my friend"),
)
FILLERS = frozenset(
    (
        *_POLITE,
        *("now", "right now", "right away", "straight away", "immediately", "at once"),
        *("over", "still", "just", "simply", "also", "too", "as well", "straight"),
        *("directly", "carefully", "gently", "from here", "currently", "side"),
        *("already", "so", "on foot", "in total", "in all", "altogether", "both feet"),
        *("start to", "begin to", "proceed to", "safely", "quietly", "hand side"),
        *('"', "'", "`", "“", "”", "‘", "’", "(", ")", "*"),  # noqa: RUF001
        *("which direction", "direction"),
    )
)
"""Words that change nothing."""

ARTICLES = frozenset(("the", "a", "an", "your", "my", "our", "its", "their"))

CONTRACTIONS: Mapping[str, tuple[str, ...]] = {
    "cannot": ("can", "not"),
    "can't": ("can", "not"),
    "let's": ("let", "us"),
    "i'd": ("i", "would"),
    **{
        f"{verb}n't": (verb, "not")
        for verb in ("is", "are", "do", "does", "has", "have", "was", "should", "must")
    },
    **{f"{who}'s": (who, "is") for who in ("it", "that", "there", "robot", "what")},
    **{f"{who}'re": (who, "are") for who in ("you", "they", "we")},
    **{f"{who}'ve": (who, "have") for who in ("you", "they", "we")},
    "lefthanded": ("left-handed",),
    "righthanded": ("right-handed",),
}

HINTS: Mapping[str, str] = {
    **dict.fromkeys(
        ("not", "don't", "do not", "never", "no", "without", "avoid", "doesn't"),
        "say what to do, not what to leave undone",
    ),
    **dict.fromkeys(
        ("until", "till", "while", "when", "whenever", "as", "after", "before"),
        "nothing waits for an event; say 'if ...', 'for N seconds' or "
        "'until told to stop'",
    ),
    **dict.fromkeys(("or", "either"), "name one thing, or say 'if ...'"),
    **dict.fromkeys(
        ("me", "us", "him", "her", "give", "let", "throw", "pass", "toss"),
        "objects are only put on things; say 'put X on Y'",
    ),
    **dict.fromkeys(
        ("face", "look", "facing", "watch"),
        "a walk ends facing its target; say 'walk to X' or 'turn left N degrees'",
    ),
    **dict.fromkeys(
        ("both", "two-handed", "hands"), "one hand grasps: 'with the left hand'"
    ),
    **dict.fromkeys(("in", "into", "inside"), "things are put 'on' others"),
    **dict.fromkeys(
        ("run", "jump", "sit", "crouch", "kneel", "kick", "dance", "hop", "climb"),
        "the robot can walk, turn, stand, grasp, carry and put",
    ),
    **dict.fromkeys(
        ("bit", "little", "few", "some", "several", "moment", "far"),
        "say how much: '2 m', '5 seconds', 'three times'",
    ),
    **dict.fromkeys(
        ("behind", "of", "other", "between", "away"),
        "the robot chooses where to stand at X; say 'walk to X'",
    ),
    "use": "say 'with the left hand' behind the command",
    **dict.fromkeys(
        ("all", "each", "every", "them", "cups", "boxes", "any"),
        "name one object at a time",
    ),
}
"""What to say instead of some words that are heard often and mean nothing here."""
