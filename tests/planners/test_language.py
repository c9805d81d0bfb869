"""Sentences become steps; what is not understood is pointed at."""

import random

import pytest

from configs.schema import ObjectConfig, SceneConfig
from planners.language import LanguageError, Vocabulary, parse_task
from planners.sentences.tokens import MAX_CHARACTERS, MAX_WORDS
from planners.vocabulary import RESERVED
from skills.contract import Argument


def steps(text, vocabulary):
    """Return the items as a person writes them."""
    return [str(item) for item in parse_task(text, vocabulary).items]


def refusal(text, vocabulary):
    with pytest.raises(LanguageError) as error:
        parse_task(text, vocabulary)
    message = str(error.value)
    assert "\n" not in message
    return message


FETCH = ["walk(target=table, reach=cup)", "grasp(object=cup)"]
DELIVER = [
    *FETCH,
    "walk(target=shelf, carrying=cup)",
    "manipulate(object=cup, target=shelf)",
]


@pytest.mark.parametrize(
    "text",
    [
        "walk to table and grasp cup",
        "Walk to the table and grasp the cup.",
        "WALK TO TABLE AND GRASP CUP",
        "go to the table, then grab the cup",
        "please go to the table and then pick up the cup",
        "Please, go over to the table, and pick the cup up!",
        "walk to table; take a cup",
        "walk to the table. Then take the cup from the table.",
        "walk to the table, grasp the cup on the table",
        "  walk   to table , and   grasp cup  ",
    ],
)
def test_paraphrases_of_fetching_the_cup_mean_the_same(text, kitchen):
    assert steps(text, kitchen) == FETCH


@pytest.mark.parametrize(
    "text",
    [
        "walk to table and grasp cup then carry it to the shelf and place it there",
        "walk to table, grasp cup, carry it to shelf, put it there",
        "walk to table, grasp cup, walk to shelf, place cup on shelf",
        "go to the table, take the cup, bring it to the shelf and put it down there",
        "walk to table, grasp cup, go to the shelf and put it on it",
        "walk to table and grasp cup and carry the cup to shelf and put down the cup",
        "walk to table, pick up cup, carry it to shelf then place it on the shelf",
    ],
)
def test_paraphrases_of_delivering_the_cup_mean_the_same(text, kitchen):
    assert steps(text, kitchen) == DELIVER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("go to shelf", ["walk(target=shelf)"]),
        ("walk to cup and grasp it", ["walk(target=cup, reach=cup)", FETCH[1]]),
        ("stand for 2.5 seconds", ["balance(duration_s=2.5)"]),
        ("stand still for 3s", ["balance(duration_s=3)"]),
        ("balance for one second", ["balance(duration_s=1)"]),
        ("wait 10 seconds", ["balance(duration_s=10)"]),
        (
            "grasp cup with the left hand",
            ["grasp(object=cup, side=left)"],
        ),
        (
            "walk to table and pick up cup using your Right hand",
            [
                "walk(target=table, reach=cup, side=right)",
                "grasp(object=cup, side=right)",
            ],
        ),
        (
            "grasp cup with the left hand and carry it to shelf",
            [
                "grasp(object=cup, side=left)",
                "walk(target=shelf, carrying=cup, side=left)",
            ],
        ),
        (
            "walk to table, stand for 1 second, grasp cup",
            ["walk(target=table, reach=cup)", "balance(duration_s=1)", FETCH[1]],
        ),
        ("grasp red box", ["grasp(object=red_box)"]),
        ("grasp the Red_Box", ["grasp(object=red_box)"]),
        (
            "walk to shelf, walk to table and go there",
            ["walk(target=shelf)", "walk(target=table)", "walk(target=table)"],
        ),
        (
            "carry cup to shelf",
            ["grasp(object=cup)", "walk(target=shelf, carrying=cup)"],
        ),
        ("place cup on the table", ["manipulate(object=cup, target=table)"]),
        (
            "walk to shelf and place cup there",
            [
                "walk(target=shelf, carrying=cup)",
                "manipulate(object=cup, target=shelf)",
            ],
        ),
        (
            "grasp cup, place it on table and walk to shelf",
            [
                "grasp(object=cup)",
                "manipulate(object=cup, target=table)",
                "walk(target=shelf)",
            ],
        ),
        (
            "grasp cup, walk to red box and place it on table",
            [
                "grasp(object=cup)",
                "walk(target=red_box, carrying=cup)",
                "manipulate(object=cup, target=table)",
            ],
        ),
        (
            "grasp cup, carry red box to shelf and place it there",
            [
                "grasp(object=cup)",
                "grasp(object=red_box)",
                "walk(target=shelf, carrying=red_box)",
                "manipulate(object=red_box, target=shelf)",
            ],
        ),
    ],
)
def test_a_sentence_means(text, expected, kitchen):
    assert steps(text, kitchen) == expected


def test_the_task_keeps_the_sentence(kitchen):
    assert parse_task(" Go to shelf. ", kitchen).text == "Go to shelf."


def test_a_walk_reaches_only_for_the_grasp_that_follows_it(kitchen):
    assert steps("walk to shelf, walk to table, grasp cup", kitchen)[0] == (
        "walk(target=shelf)"
    )


COMMANDS = (
    "'walk to X', 'walk N m forward', 'turn left N degrees', 'grasp X', 'put X on Y', "
    "'carry X to Y', 'stand for N seconds'"
)
COMMAND = f"a command ({COMMANDS})"
NEXT = "expected 'and', 'then', ',', the end of the sentence"
OBJECTS = "an object (blue_box, cup, red_box, shelf, table)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"the sentence is empty; say {COMMAND}"),
        ("please", f"the sentence is empty; say {COMMAND}"),
        (
            "juggle cup",
            f"unknown word 'juggle' at character 1; expected {COMMAND}",
        ),
        (
            "Wlak to table",
            f"unknown word 'Wlak' at character 1; expected {COMMAND}; "
            "did you mean 'walk'?",
        ),
        (
            "walk to table and grasp cupp",
            f"unknown word 'cupp' at character 25; expected {OBJECTS}, 'it'; "
            "did you mean 'cup'?",
        ),
        (
            "grasp redbox",
            f"unknown word 'redbox' at character 7; expected {OBJECTS}, 'it'; "
            "did you mean 'red_box'?",
        ),
        (
            "walk to moon",
            f"unknown word 'moon' at character 9; expected {OBJECTS}, 'it', 'there'",
        ),
        (
            "walk to table adn grasp cup",
            f"unknown word 'adn' at character 15; {NEXT}; did you mean 'and'?",
        ),
        (
            "grasp cup with the left foot",
            "unknown word 'foot' at character 25; expected 'and', 'then', ',', 'hand', "
            "the end of the sentence",
        ),
        (
            "walk table",
            "'table' at character 6 does not fit here; expected a distance ('2 m'), "
            "a time ('5 seconds'), 'to', 'left', 'forward', 'back', 'there'",
        ),
        (
            "walk to table grasp cup",
            f"'grasp' at character 15 does not fit here; {NEXT}",
        ),
        (
            "walk to",
            f"the sentence stops after 'to'; expected {OBJECTS}, 'it', 'there'",
        ),
        (
            "walk to table and",
            f"the sentence stops after 'and'; expected {COMMAND}",
        ),
        (
            "stand",
            "'stand' at character 1 does not say how long; say 'stand for 5 seconds' "
            "or 'stand until told to stop'",
        ),
        (
            "stand for 0 seconds",
            "'0 seconds' at character 11 is out of range; expected more than 0 and at "
            "most 86400 seconds",
        ),
        (
            "grasp table",
            "cannot grasp 'table' at character 7: it is fixed to the world; "
            "can be moved: blue_box, cup, red_box",
        ),
        (
            "carry the table to shelf",
            "cannot carry 'table' at character 11: it is fixed to the world; "
            "can be moved: blue_box, cup, red_box",
        ),
        (
            "place it",
            "nothing is in the hand for 'it' at character 7; say 'grasp ...' first, "
            "or name the object: blue_box, cup, red_box",
        ),
        (
            "put it on the shelf",
            "nothing is in the hand for 'it' at character 5; say 'grasp ...' first, "
            "or name the object: blue_box, cup, red_box",
        ),
        (
            "grasp it",
            "'it' at character 7 means nothing yet; "
            "name the object: blue_box, cup, red_box",
        ),
        (
            "go there",
            "'there' at character 4 means no place yet; "
            "name the place: blue_box, cup, red_box, shelf, table",
        ),
        (
            "grasp cup and put it down",
            "'put' at character 15 does not say where; say 'put cup on ...'",
        ),
        (
            "grasp cup and place it on cup",
            "cannot place 'cup' on itself at character 27; "
            "name another place: blue_box, red_box, shelf, table",
        ),
        (
            "grasp cup and walk to cup",
            "cannot walk to 'cup' at character 15: it is in the hand",
        ),
        (
            "grasp the box",
            "'box' at character 11 may mean blue_box or red_box; name one of them",
        ),
    ],
)
def test_what_is_not_understood_is_pointed_at(text, message, kitchen):
    assert refusal(text, kitchen) == message


def test_an_empty_scene_says_that_it_knows_nothing():
    nothing = Vocabulary(kinds={}, fixed=frozenset())
    assert "an object (none is known)" in refusal("grasp cup", nothing)
    assert refusal("grasp it", nothing).endswith("name the object: none")
    assert refusal("go there", nothing).endswith("name the place: none")


def test_a_kind_stands_for_the_only_object_of_that_kind():
    one = Vocabulary(kinds={"mug_1": "cup"}, fixed=frozenset())
    assert steps("grasp cup", one) == ["grasp(object=mug_1)"]
    assert steps("grasp mug_1", one) == ["grasp(object=mug_1)"]


def test_a_name_wins_over_a_kind():
    cups = Vocabulary(kinds={"cup": "cup", "cup_2": "cup"}, fixed=frozenset())
    assert steps("grasp cup", cups) == ["grasp(object=cup)"]


def test_a_name_made_of_command_words_does_not_swallow_a_sentence():
    odd = Vocabulary(
        kinds={"box": "box", "box_on_table": "ball", "table": "table"},
        fixed=frozenset({"table"}),
    )
    assert steps("place box on table", odd) == ["manipulate(object=box, target=table)"]
    assert steps("grasp box_on_table", odd) == ["grasp(object=box_on_table)"]


def test_the_vocabulary_of_a_scene_takes_what_has_no_mass_as_fixed():
    scene = SceneConfig(
        name="s",
        objects=(
            ObjectConfig(name="table", kind="table", size=(0.6, 1.2, 0.7)),
            ObjectConfig(name="cup", kind="cup", radius=0.04, height=0.1, mass=0.2),
        ),
    )
    words = Vocabulary.of_scene(scene)
    assert words.kinds == {"table": "table", "cup": "cup"}
    assert words.fixed == {"table"}


def test_the_vocabulary_of_the_seen_objects_takes_movable_from_perception(world):
    words = Vocabulary.of_objects(world.objects)
    assert words.movable == ("cup",)
    assert words.fixed == {"table", "shelf"}


WALK = (
    Argument(name="target", kind="object", required=False, text="where to"),
    Argument(name="forward", kind="number", required=False, text="how far"),
)
WAVE = (
    Argument(name="object", kind="object", required=True, text="whom to wave at"),
    Argument(name="side", kind="side", required=False, text="which hand"),
    Argument(name="duration_s", kind="number", required=False, text="how long"),
)


@pytest.fixture
def legs_only(kitchen):
    """A robot that can walk, and do one thing that no verb was written for."""
    skills = {"walk": WALK, "wave": WAVE}
    return Vocabulary(kinds=kitchen.kinds, fixed=kitchen.fixed, skills=skills)


def test_a_skill_of_the_registry_can_be_asked_for_by_its_name(legs_only):
    assert steps("walk to table, wave cup with the left hand", legs_only) == [
        "walk(target=table)",
        "wave(object=cup, side=left)",
    ]
    assert steps("wave at the shelf for 3 s", legs_only) == [
        "wave(object=shelf, duration_s=3)"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "walk to table and grasp cup",
            "'grasp' at character 19 needs the skill 'grasp', which this robot lacks; "
            "it has walk, wave",
        ),
        (
            "walk 1 m to the left",
            "'walk' at character 1 needs the argument 'left' of the skill 'walk', "
            "which takes target, forward",
        ),
        ("wave", "'wave' at character 1 does not say 'object': whom to wave at"),
        (
            "wave cup to shelf",
            "'shelf' at character 13 does not fit 'wave'; the skill has no argument "
            "for it",
        ),
        (
            "wvae cup",
            f"unknown word 'wvae' at character 1; expected {COMMAND}; "
            "did you mean 'wave'?",
        ),
    ],
)
def test_what_the_registry_lacks_is_refused(text, message, legs_only):
    assert refusal(text, legs_only) == message


def test_a_sentence_that_never_ends_is_refused_at_once(kitchen):
    assert refusal("walk to table and " * 1000, kitchen) == (
        f"the sentence has 18000 characters; at most {MAX_CHARACTERS} are read, so say "
        "it in several tasks"
    )
    assert refusal("go " * 1000, kitchen) == (
        f"the sentence has 1000 words; at most {MAX_WORDS} are read, so say it in "
        "several tasks"
    )


def test_the_longest_sentence_is_read(kitchen):
    text = ", ".join(["walk to table"] * (MAX_WORDS // 4))
    assert len(steps(text, kitchen)) == MAX_WORDS // 4


def test_conditions_within_conditions_have_a_limit(kitchen):
    deep = "if the cup is on the table, " * 10 + "walk to the shelf"
    assert refusal(deep, kitchen).endswith(
        "is nested too deep; at most 8 conditions and repetitions within others"
    )


def test_what_cannot_be_shown_is_escaped_and_long_words_are_cut(kitchen):
    assert "'\\x1b' at character 9" in refusal("walk to \x1b", kitchen)
    assert f"'{'a' * 37}...'" in refusal("grasp " + "a" * 3000, kitchen)


def test_any_row_of_words_is_understood_or_refused_in_one_line(kitchen):
    words = [*sorted(RESERVED), *kitchen.phrases]
    words += ["3", "0", "2.5", "-1", "1e400", "2,5", "1/0", "m", "m/s", "degrees", "s"]
    words += [
        "x",
        "?",
        "-",
        "/",
        "'",
        "\x00",
        "\udcff",
        "\u202e",
        "😀",
        "½",
        "²",
        "times",
    ]
    pick = random.Random(1)
    for _ in range(1500):
        text = " ".join(pick.choices(words, k=pick.randint(1, 8)))
        try:
            assert parse_task(text, kitchen).items, text
        except LanguageError as error:
            assert str(error).isprintable(), text


PIECES = (
    *("walk to the table", "grasp the cup", "put it on the shelf", "put it there"),
    *("carry it to the table", "twice", "3 times", "forever", ",", ".", "and", "then"),
    *("if the cup is on the table", "unless you hold the cup", "otherwise", "it"),
    *("repeat that", "do it again", "with the left hand", "2 m", "back", "left"),
    *("90 degrees", "turn", "walk", "within 2 minutes", "for 5 seconds", "stand"),
    *("slowly", "from the shelf", "to the shelf", "at 0.4 m/s", ":", "you are there"),
    *("hold it", "let go", "stop", "make sure the cup is on the shelf", "drop it"),
)


def test_any_row_of_phrases_is_understood_or_refused_in_one_line(kitchen):
    pick = random.Random(2)
    understood = 0
    for _ in range(3000):
        text = ""
        for piece in pick.choices(PIECES, k=pick.randint(1, 6)):
            text += piece + pick.choice((" ", " ", " and ", ", ", ". "))
        try:
            assert parse_task(text, kitchen).leaves, text
            understood += 1
        except LanguageError as error:
            assert str(error).isprintable(), text
    assert understood > 40
