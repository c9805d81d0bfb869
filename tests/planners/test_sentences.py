"""The list of sentences: what each of them asks for, and which are refused."""

import re
from math import pi
from pathlib import Path

import pytest

from planners.language import LanguageError, parse_task
from planners.task import Achieve, If, Repeat, Step, Task
from skills.contract import Predicate


def walk(target=None, **args):
    return Step(skill="walk", args={"target": target, **args} if target else args)


def grasp(name="cup", **args):
    return Step(skill="grasp", args={"object": name, **args})


def put(name="cup", target="shelf", **args):
    return Step(skill="manipulate", args={"object": name, "target": target, **args})


def stand(seconds=None):
    return Step(skill="balance", args={"duration_s": seconds} if seconds else {})


def repeat(times, *items):
    return Repeat(items=items, times=times)


def when(condition, *items, otherwise=(), negated=False):
    predicate = Predicate.parse(condition)
    return If(condition=predicate, items=items, otherwise=otherwise, negated=negated)


def unless(condition, *items, otherwise=()):
    return when(condition, *items, otherwise=otherwise, negated=True)


def achieve(condition):
    return Achieve(predicate=Predicate.parse(condition))


FETCH = (walk("table", reach="cup"), grasp())
BRING = (grasp(), walk("shelf", carrying="cup"))
THERE_AND_BACK = (walk("table"), walk("shelf"))

SENTENCES = [
    # Walk to a place.
    (
        (walk("table"),),
        [
            "walk to table",
            "Walk to the table.",
            "go to the table",
            "Could you please walk to the table?",
            "Hey robot, would you go over to the table for me, thanks!",
            "robot, head for the table",
            "proceed towards the table now",
            "move to the table",
            "return to the table",
            "walk back to the table",
            "walk up to the table",
            "approach the table",
            "make your way to the table",
            "I want you to go to the table",
            "first, walk to the table",
            "walk to the table and stop",
            "stand by the table",
            "walk to the table once",
        ],
    ),
    (
        (walk("table", speed=0.4),),
        [
            "walk to the table at 0.4 m/s",
            "walk at 0.4 m/s to the table",
            "walk to the table at a speed of 0.4 metres per second",
            "walk to the table with a speed of 40 cm/s",
            "walk to the table at 1.44 km/h",
        ],
    ),
    ((walk("table", speed=0.3),), ["walk slowly to the table"]),
    ((walk("table", speed=0.7),), ["go quickly to the table", "go to the table fast"]),
    (
        THERE_AND_BACK,
        [
            "walk to the table and walk to the shelf",
            "walk to the table, then to the shelf",
            "walk from the table to the shelf",
            "First go to the table. After that, go to the shelf.",
            "walk to the table; next walk to the shelf",
            "walk to the table and finally to the shelf",
        ],
    ),
    # Walk by a distance.
    (
        (walk(forward=2.0),),
        [
            "walk 2 m forward",
            "walk forward 2 metres",
            "walk forward for 2 m",
            "walk two meters ahead",
            "go 2m straight ahead",
            "move forward by two metres",
            "walk 200 cm forward",
            "walk 2 m",
            "please walk a couple of metres forward",
            "take 2 m forward",
        ],
    ),
    (
        (walk(forward=-2.0),),
        ["go two meters back", "walk 2 m backwards", "walk backward 2 metres"],
    ),
    (
        (walk(forward=-0.3),),
        ["step back", "take a step back", "walk one step back", "go back 30 cm"],
    ),
    ((walk(forward=0.9),), ["take three steps forward", "walk 3 steps"]),
    (
        (walk(left=0.5),),
        [
            "walk half a metre to the left",
            "walk 0.5 m to your left",
            "walk left 50cm",
            "walk half a meter sideways to the left",
            "step 1/2 m to the left",
            "walk ½ m left",
            "walk zero point five metres left",
        ],
    ),
    ((walk(left=-0.3),), ["step to the right", "take a step to the right"]),
    ((walk(forward=1.5),), ["walk one and a half metres", "walk a metre and a half"]),
    (
        (walk(forward=2.0, speed=0.4),),
        ["walk at 0.4 m/s for 5 seconds", "walk 2 m forward at 0.4 m/s"],
    ),
    (
        (walk(forward=2.5, speed=0.5),),
        ["walk forward for 5 seconds", "walk for five seconds"],
    ),
    ((walk(forward=-0.9, speed=0.3),), ["walk slowly back for 3 s"]),
    # Turn.
    (
        (walk(turn=pi / 2),),
        [
            "turn left 90 degrees",
            "turn 90° to the left",
            "turn to the left by ninety degrees",
            "rotate 90 deg counterclockwise",
            "make a quarter turn to the left",
            "turn left a quarter turn",
            "make a 90-degree turn to the left",
        ],
    ),
    ((walk(turn=-0.5),), ["turn right by 0.5 rad", "turn 0.5 radians clockwise"]),
    (
        (walk(turn=pi),),
        [
            "turn around",
            "turn 180 degrees",
            "turn one hundred and eighty degrees",
            "make a U-turn",
            "do a half turn",
            "turn left by half a turn",
        ],
    ),
    ((walk(turn=-pi / 4),), ["turn forty-five degrees to your right"]),
    (
        (walk(turn=pi / 2), walk(turn=-pi / 4)),
        ["turn left 90 degrees, then right 45 degrees"],
    ),
    # Stand.
    (
        (stand(5.0),),
        [
            "stand for 5 seconds",
            "wait 5 s",
            "stay here for five seconds",
            "stand still for 5sec",
            "balance for 5 seconds please",
        ],
    ),
    ((stand(60.0),), ["wait a minute", "stand for one minute", "pause for 60 seconds"]),
    ((stand(150.0),), ["wait two and a half minutes", "stand for 2.5 min"]),
    (
        (stand(),),
        [
            "stand until told to stop",
            "stand still until I say stop",
            "wait until told otherwise",
            "balance forever",
            "stay until I tell you to stop",
        ],
    ),
    (
        (walk("table"), stand(3.0)),
        [
            "walk to the table and wait there for 3 seconds",
            "wait at the table for 3 seconds",
        ],
    ),
    # Grasp.
    (
        (grasp(),),
        [
            "grasp the cup",
            "grab the cup",
            "take a cup",
            "get the cup",
            "fetch the cup",
            "pick up the cup",
            "pick the cup up",
            "lift the cup",
            "hold the cup",
            "take hold of the cup",
            "can you grasp that cup, please?",
            "take the cup from the table",
            "grasp the cup on the table",
            "grasp the cup that is on the table",
            "go and get the cup",
        ],
    ),
    (
        (grasp(side="left"),),
        [
            "grasp the cup with the left hand",
            "take the cup in your left hand",
            "grasp the cup using your left",
            "with the left hand, grasp the cup",
            "grasp the cup left-handed",
            "grab the cup, with your left arm",
        ],
    ),
    (
        FETCH,
        [
            "walk to the table and grasp the cup",
            "go to the table, then carefully take the cup from it",
        ],
    ),
    ((grasp(), stand(5.0)), ["hold the cup for 5 seconds"]),
    ((grasp(), stand()), ["hold the cup until told to stop"]),
    # Carry and put.
    (
        BRING,
        [
            "carry the cup to the shelf",
            "bring the cup to the shelf",
            "take the cup to the shelf",
            "take the cup from the table to the shelf",
            "walk to the shelf with the cup",
            "grasp the cup and carry it to the shelf",
            "grasp the cup and walk to the shelf",
            "transport the cup over to the shelf",
        ],
    ),
    (
        (grasp(side="left"), walk("shelf", carrying="cup", side="left")),
        ["carry the cup to the shelf with the left hand"],
    ),
    (
        (grasp(), walk("shelf", carrying="cup", speed=0.3)),
        ["carry the cup slowly to the shelf"],
    ),
    (
        (put(),),
        [
            "put the cup on the shelf",
            "place the cup onto the shelf",
            "set the cup down on the shelf",
            "put the cup from the table onto the shelf",
            "put the cup on the table on the shelf",
            "move the cup to the shelf",
            "move the cup from the table to the shelf",
            "deliver the cup to the shelf",
            "return the cup to the shelf",
            "put the cup back on the shelf",
        ],
    ),
    ((put(side="right"),), ["put the cup on the shelf with the right hand"]),
    (
        (*BRING, put()),
        [
            "grasp the cup, carry it to the shelf and put it there",
            "bring the cup to the shelf and put it down",
            "take the cup to the shelf, then let go of it",
            "carry the cup to the shelf and release it",
            "carry the cup to the shelf and leave it there",
            "bring the cup to the shelf and drop it there",
        ],
    ),
    (
        (
            grasp(),
            walk(forward=-2.0, carrying="cup"),
            walk(turn=pi, carrying="cup"),
            put(target="table"),
        ),
        ["take the cup from the table, go back 2 m, turn around and put it back"],
    ),
    # Repeat.
    (
        (repeat(2, walk("table")),),
        [
            "walk to the table twice",
            "walk to the table two times",
            "walk to the table and do it again",
            "walk to the table, 2x",
            "walk to the table and repeat that once more",
        ],
    ),
    ((repeat(2, walk(forward=-0.3)),), ["step back twice"]),
    (
        (repeat(3, *THERE_AND_BACK),),
        [
            "walk to the table and walk to the shelf and repeat that 3 times",
            "walk to the table, then to the shelf, and do that three times",
            "walk to the table and to the shelf three times",
            "Walk to the table. Walk to the shelf. Do all of that 3 times.",
            "walk from the table to the shelf 3 times",
            "repeat three times: walk to the table and walk to the shelf",
            "do the following 3 times: walk to the table, walk to the shelf",
            "walk to the table, walk to the shelf and repeat that two more times",
        ],
    ),
    (
        (walk("table"), repeat(3, walk("shelf"))),
        ["walk to the table and walk to the shelf three times"],
    ),
    (
        (repeat(None, *THERE_AND_BACK),),
        [
            "walk to the table, walk to the shelf and repeat that until told to stop",
            "walk from the table to the shelf forever",
        ],
    ),
    (
        (repeat(4, walk(forward=1.0), walk(turn=pi / 2)),),
        ["walk 1 m forward, turn left 90 degrees, and repeat that four times"],
    ),
    (
        (repeat(2, grasp(), put(), grasp(), put(target="table")),),
        [
            "grasp the cup, put it on the shelf, grasp it, put it on the table and "
            "do all of that twice"
        ],
    ),
    (
        (walk("table"), repeat(2, walk("table"), stand(3.0), walk("shelf"))),
        ["walk to the table; twice: wait at the table for 3 s, walk to the shelf"],
    ),
    (
        (grasp(), repeat(2, *BRING, put())),
        ["grasp the cup; repeat twice: carry it to the shelf and put it there"],
    ),
    # If.
    (
        (when("on(cup, shelf)", grasp()),),
        [
            "if the cup is on the shelf, grasp it",
            "if the cup is on the shelf then grasp it",
            "grasp the cup if it is on the shelf",
            "grasp the cup, if it's on the shelf",
            "if the cup stands on the shelf: take it",
            "grasp the cup only if it is standing on the shelf",
            "if there is a cup on the shelf, grasp it",
        ],
    ),
    (
        (when("on(cup, shelf)", grasp(), otherwise=(walk("table"),)),),
        [
            "if the cup is on the shelf, grasp it, otherwise walk to the table",
            "If the cup is on the shelf, grasp it. Otherwise, walk to the table.",
            "if the cup is on the shelf grasp it else walk to the table",
            "grasp the cup if it is on the shelf, or else walk to the table",
            "if the cup is not on the shelf, go to the table, otherwise grasp the cup",
            "unless the cup is on the shelf, walk to the table, else grasp the cup",
        ],
    ),
    (
        (unless("on(cup, shelf)", put()),),
        [
            "if the cup is not on the shelf, put it there",
            "if the cup isn't on the shelf then put it there",
            "unless the cup is on the shelf, put it there",
            "put the cup on the shelf unless it is there already",
            "if there is no cup on the shelf, put it there",
            "put it there if the cup is not on the shelf",
        ],
    ),
    (
        (when("holding(cup)", put()),),
        [
            "if you hold the cup, put it on the shelf",
            "if you are holding the cup, put it on the shelf",
            "if the cup is in your hand, put it on the shelf",
            "if you have the cup in your hand, put it on the shelf",
            "if the robot holds the cup, put it on the shelf",
        ],
    ),
    (
        (when("holding(cup)", walk("shelf", carrying="cup")),),
        ["if you hold the cup, carry it to the shelf"],
    ),
    (
        (unless("holding(cup)", grasp()), walk("shelf", carrying="cup")),
        ["Unless you hold the cup, grasp it. Then walk to the shelf."],
    ),
    (
        (when("at(table)", grasp()),),
        [
            "if you are at the table, grasp the cup",
            "grasp the cup if you're at the table",
        ],
    ),
    (
        (unless("at(table)", walk("table")),),
        [
            "if you are not at the table, walk there",
            "walk to the table unless you are there",
        ],
    ),
    (
        (when("visible(cup)", grasp()),),
        [
            "if you see the cup, grasp it",
            "if you can see the cup, grasp it",
            "if the cup is visible, grasp it",
        ],
    ),
    (
        (unless("visible(cup)", walk(turn=pi)),),
        ["if you can't see the cup, turn around"],
    ),
    ((when("in_reach(cup)", grasp()),), ["if you can reach the cup, grasp it"]),
    (
        (when("on(cup, table)", when("at(table)", grasp())),),
        ["if the cup is on the table and you are at the table, grasp it"],
    ),
    (
        (when("on(cup, table)", *BRING), walk("table")),
        [
            "If the cup is on the table, grasp it and carry it to the shelf. "
            "Go to the table."
        ],
    ),
    (
        (walk("table"), when("on(cup, table)", grasp())),
        [
            "walk to the table; if the cup is on it, grasp it",
            "walk to the table and grasp the cup if it is there",
        ],
    ),
    (
        (when("on(cup, shelf)", walk("shelf"), otherwise=BRING),),
        ["stand by the shelf if the cup is there, otherwise bring it there"],
    ),
    # See to it.
    (
        (achieve("on(cup, shelf)"),),
        [
            "see to it that the cup stands on the shelf",
            "make sure that the cup is on the shelf",
            "make sure the cup is on the shelf",
        ],
    ),
    ((achieve("holding(cup)"),), ["ensure that you hold the cup"]),
    ((achieve("at(table)"),), ["make sure you are at the table"]),
]

WITH_DEADLINE = [
    ("walk to the table and grasp the cup within 2 minutes", FETCH, 120.0),
    ("walk to the table and grasp the cup, in under 30 seconds", FETCH, 30.0),
    ("Within 2 minutes, walk to the table and grasp the cup.", FETCH, 120.0),
    ("walk to the table and grasp the cup. Do it within 90 s.", FETCH, 90.0),
    ("grasp the cup in less than half a minute", (grasp(),), 30.0),
]

REFUSED = [
    ("grasp the spoon", "spoon", "expected an object"),
    ("dance", "dance", "the robot can walk, turn"),
    ("grasp the table", "table", "fixed to the world"),
    ("move the shelf to the table", "shelf", "fixed to the world"),
    ("walk to", "to", "stops after"),
    ("walk to cup table", "table", "does not fit here"),
    ("put it on the shelf", "it", "nothing is in the hand"),
    ("put the cup next to the red box", "next to", "expected 'on'"),
    ("put the cup in the red box", "in", "things are put 'on' others"),
    ("put the cup", "put", "does not say where"),
    ("release the cup", "release", "does not say where"),
    ("drop the cup", "drop", "does not say where"),
    ("let go", "let go", "nothing is in the hand"),
    ("leave the cup on the table", "cup", "nothing is in the hand"),
    ("put the cup here", "here", "does not fit here"),
    ("bring me the cup", "me", "say 'put X on Y'"),
    ("grasp the cup with both hands", "both", "one hand grasps"),
    ("grasp the cup next to the red box", "next to", "expected 'on' or 'from'"),
    ("grasp the cup and the red box", "red box", "expected a command"),
    ("grasp the last cup", "last", "expected an object"),
    (
        "grasp the cup with the left hand and put it on the shelf with the right hand",
        "right",
        "it is in the left one",
    ),
    ("do not walk to the table", "not", "say what to do"),
    ("don't grasp the cup", "don't", "say what to do"),
    ("walk to the table or the shelf", "or", "name one thing"),
    ("walk to the table and to", "to", "stops after"),
    ("to the table", "to", "comes without a command"),
    ("when the cup is on the table, grasp it", "when", "nothing waits for an event"),
    ("walk until you see the cup", "until", "nothing waits for an event"),
    # Amounts
    ("walk forward", "forward", "does not say how far"),
    ("walk slowly", "slowly", "does not say how far"),
    ("walk a bit forward", "bit", "say how much"),
    ("walk sideways 1 m", "sideways", "does not say which way"),
    ("walk 2 kg forward", "kg", "unknown unit"),
    ("walk 2 forward", "2", "has no unit"),
    ("walk -2 m forward", "-2 m", "out of range"),
    ("walk minus two metres", "minus two metres", "out of range"),
    ("walk 0 m", "0 m", "out of range"),
    ("walk 20.1 m forward", "20.1 m", "at most 20 m"),
    ("walk 1e400 m forward", "1e400 m", "at most 20 m"),
    ("walk 2,5 m forward", "2,5 m", "with a point"),
    ("walk 1/0 m forward", "1/0 m", "at most 20 m"),
    ("walk forward for 2 minutes", "2 minutes", "at most 40 seconds"),
    ("walk at 5 m/s for 2 seconds", "5 m/s", "expected 0.1 to 1 m/s"),
    ("walk to the table at 0 m/s", "0 m/s", "expected 0.1 to 1 m/s"),
    ("walk to the table for 5 seconds", "5 seconds", "say one or the other"),
    ("walk 2 m to the table", "2 m", "say one or the other"),
    ("walk 2 m for 5 seconds", "5 seconds", "say how fast"),
    ("walk forward left 2 m", "left", "second direction"),
    ("walk left 90 degrees", "90 degrees", "say 'turn ... 90 degrees'"),
    ("turn left 2 m", "2 m", "say 'walk ... 2 m'"),
    ("turn 90", "90", "has no unit"),
    ("turn 90 degrees", "90 degrees", "does not say which way"),
    ("turn left", "left", "does not say how far"),
    ("turn left 721 degrees", "721 degrees", "at most 720 degrees"),
    ("turn to the table", "to", "expected an angle"),
    ("face the table", "face", "say 'walk to X'"),
    ("move the cup slowly to the shelf", "slowly", "only a walk has a speed"),
    ("stand", "stand", "does not say how long"),
    ("wait a moment", "moment", "say how much"),
    ("stand for 0 seconds", "0 seconds", "out of range"),
    ("stand for 2 days", "days", "unknown unit"),
    ("stand on the table", "on", "the robot stands on the floor"),
    # Repetitions and conditions
    ("twice", "twice", "say it behind"),
    ("three times walk to the table", "three times", "say it behind"),
    ("repeat that twice", "repeat", "nothing before it to repeat"),
    ("walk to the table and repeat that", "repeat", "does not say how often"),
    ("walk to the table 2.5 times", "2.5 times", "a whole number"),
    ("walk to the table 0 times", "0 times", "a whole number"),
    ("grasp the cup twice", "twice", "still in the hand"),
    ("walk to the table, walk to the shelf, twice", "twice", "leaves open"),
    ("stand until told to stop, then grasp the cup", "grasp", "would never happen"),
    ("stand for 5 s until told to stop", "5 s", "say one or the other"),
    ("repeat that again: walk to the table", "repeat", "nothing before it"),
    ("stand until told to stop and do it twice", "twice", "would never happen"),
    ("if the cup, grasp it", ",", "expected 'is'"),
    ("if the cup is on the shelf", "shelf", "stops after"),
    ("if the cup is on the floor, grasp it", "floor", "expected an object"),
    ("if the cup is on the cup, grasp it", "cup", "cannot be on itself"),
    ("if you are on the table, step back", "on", "expected 'at'"),
    ("otherwise walk to the table", "otherwise", "expected a command"),
    (
        "unless the cup is on the table and you are at the shelf, grasp it",
        "unless",
        "takes one condition",
    ),
    (
        "walk to the table and to the shelf if the cup is there",
        "to",
        "say the verb again",
    ),
    ("if you hold the cup, hold it", "if", "nothing that is left to do"),
    ("make sure the cup is not on the shelf", "make sure", "what is to become so"),
    ("walk to the table within 2 m", "2 m", "expected a time"),
    ("walk to the table in 30 seconds", "in", "say 'within 30 seconds'"),
    ("within 2 minutes, step back within 9 s", "9 s", "second deadline"),
    ("walk to the table within 9 s and step back", "and", "say it at the end"),
    ("stop", "stop", "nothing before it to end"),
    ("😀", "😀", "unknown word"),
]


def one_by_one(groups):
    return [(text, items) for items, texts in groups for text in texts]


@pytest.mark.parametrize(("text", "items"), one_by_one(SENTENCES))
def test_a_sentence_asks_for(text, items, kitchen):
    assert parse_task(text, kitchen) == Task(text=text, items=tuple(items))


@pytest.mark.parametrize(("text", "items", "deadline_s"), WITH_DEADLINE)
def test_a_sentence_sets_a_deadline(text, items, deadline_s, kitchen):
    task = parse_task(text, kitchen)
    assert task == Task(text=text, items=items, deadline_s=deadline_s)


@pytest.mark.parametrize(("text", "word", "reason"), REFUSED)
def test_a_sentence_is_refused_and_the_word_named(text, word, reason, kitchen):
    with pytest.raises(LanguageError) as error:
        parse_task(text, kitchen)
    message = str(error.value)
    assert f"'{word}'" in message
    assert reason in message
    assert message.isprintable()


def test_the_list_is_long_enough():
    assert len({text for text, _ in one_by_one(SENTENCES)}) >= 80
    assert len(REFUSED) >= 25


@pytest.mark.parametrize(("text", "items"), one_by_one(SENTENCES))
def test_capitals_and_a_greeting_change_nothing(text, items, kitchen):
    loud = parse_task(f"Hello robot, {text.upper()}", kitchen)
    assert loud == Task(text="", items=tuple(items))


PAGE = Path(__file__).parents[2] / "docs" / "sentences.md"


def examples():
    """Return the examples of the page about sentences, as (text, outcome)."""
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [tuple(part.strip() for part in line.split(" -> ")) for line in lines]


@pytest.mark.parametrize(("text", "outcome"), examples())
def test_the_page_about_sentences_tells_the_truth(text, outcome, kitchen):
    try:
        task = parse_task(text, kitchen)
    except LanguageError as error:
        assert outcome in str(error)
    else:
        assert outcome == "; ".join(map(str, task.items))
