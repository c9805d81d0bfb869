"""Task files are the same tasks as sentences, and mistakes in them are named."""

import json
import re

import pytest
import yaml

from configs.loader import ConfigError, load_scene
from planners.language import parse_task
from planners.task import Achieve, If, Repeat, Step, Task
from planners.task_file import (
    TASK_DIR,
    dump_task,
    load_task,
    task_from_data,
    task_schema,
)
from planners.vocabulary import Vocabulary
from skills.contract import Predicate
from skills.predicate_names import PREDICATES, form_of

SHIPPED = sorted(path.stem for path in TASK_DIR.glob("*.yaml"))
ON_SHELF = Predicate("on", ("cup", "shelf"))
EVERYTHING = """\
text: put the {object} away
parameters: {object: cup, place: shelf, seconds: 3, times: 2}
steps:
  - skill: walk
    args: {target: table, reach: "{object}"}
    retries: 2
  - goal: on({object}, {place})
    retries: 0
  - repeat: "{times}"
    steps:
      - skill: balance
        args: {duration_s: "{seconds}"}
  - repeat: forever
    steps:
      - if: on({object}, {place})
        then:
          - skill: balance
        else:
          - unless: holding(robot, {object})
            then:
              - goal: holding({object})
deadline_s: 120
retries: 6
"""


def stand(seconds):
    return Step(skill="balance", args={"duration_s": seconds})


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write_file


def refusal(read, *args):
    """Return the one line with which something is refused."""
    with pytest.raises(ConfigError) as error:
        read(*args)
    message = str(error.value)
    assert "\n" not in message
    return message


# --- what files mean ---------------------------------------------------------------


def test_everything_that_a_file_can_say(write):
    holding = Predicate("holding", ("cup",))
    look = If(
        condition=ON_SHELF,
        items=(Step(skill="balance"),),
        otherwise=(
            If(condition=holding, items=(Achieve(predicate=holding),), negated=True),
        ),
    )
    task = load_task(write(EVERYTHING))
    assert task == Task(
        text="",
        items=(
            Step(skill="walk", args={"target": "table", "reach": "cup"}, retries=2),
            Achieve(predicate=ON_SHELF, retries=0),
            Repeat(items=(stand(3.0),), times=2),
            Repeat(items=(look,), times=None),
        ),
        deadline_s=120.0,
        retries=6,
    )
    assert task.text == "put the cup away"


def test_goals_are_achieved_in_order():
    data = {"goals": ["holding(cup)", "on(cup, shelf)"]}
    assert task_from_data(data, "data").items == (
        Achieve(predicate=Predicate("holding", ("cup",))),
        Achieve(predicate=ON_SHELF),
    )


def test_a_file_without_text_gets_one(write):
    task = load_task(write("steps: [{skill: grasp, args: {object: cup}}]\n"))
    assert task.text == "grasp the cup"


def test_numbers_in_a_file_become_floats(write):
    task = load_task(write("steps: [{skill: balance, args: {duration_s: 3}}]\n"))
    assert type(task.items[0].args["duration_s"]) is float


def test_fetch_cup_is_a_walk_and_a_grasp():
    assert load_task("fetch_cup").items == (
        Step(skill="walk", args={"target": "table", "reach": "cup"}),
        Step(skill="grasp", args={"object": "cup"}),
    )


@pytest.mark.parametrize("name", ["fetch_cup", "cup_to_shelf", "stand"])
def test_a_task_file_means_what_its_text_says(name):
    task = load_task(name)
    kitchen = Vocabulary.of_scene(load_scene("kitchen"))
    assert task == parse_task(task.text, kitchen)


def test_look_after_cup_only_brings_a_cup_that_is_not_there():
    (choice,) = load_task("look_after_cup").items
    assert choice.condition == ON_SHELF
    assert choice.otherwise == (Achieve(predicate=ON_SHELF, retries=3),)


def test_a_square_has_four_sides_and_corners():
    side = Step(skill="walk", args={"forward": 2.0, "speed": 0.4})
    corner = Step(skill="walk", args={"turn": 1.5708})
    task = load_task("walk_square", {"length": "2"})
    assert task.items == (Repeat(items=(side, corner), times=4),)
    assert task.text == "walk along a square of 2 m at 0.4 m/s"


# --- parameters --------------------------------------------------------------------


def test_a_parameter_replaces_the_default_everywhere():
    task = load_task("tidy", {"object": "box", "place": "table"})
    assert task.text == "tidy the box away to the table"
    assert task.items == (Achieve(predicate=Predicate("on", ("box", "table"))),)


def test_a_number_stays_a_number_alone_and_becomes_words_among_words():
    data = {
        "text": "stand {s} s",
        "parameters": {"s": 2.5},
        "steps": [{"skill": "balance", "args": {"duration_s": "{s}"}}],
    }
    task = task_from_data(data, "data", {"s": "0.5"})
    assert task.items == (stand(0.5),)
    assert task.text == "stand 0.5 s"


def test_a_name_that_looks_like_a_number_stays_a_name():
    data = {
        "parameters": {"object": "cup"},
        "steps": [{"skill": "grasp", "args": {"object": "{object}"}}],
    }
    (step,) = task_from_data(data, "data", {"object": "7"}).items
    assert step.args == {"object": "7"}


def test_doubled_braces_are_braces():
    data = {"text": "{{put}} it there", "goals": ["on(cup, shelf)"]}
    assert task_from_data(data, "data").text == "{put} it there"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"object": "box", "size": "3"},
            "parameters.size: there is no parameter 'size' (declared: object, place)",
        ),
        ({"object": ""}, "parameters.object: expected a name, got ''"),
    ],
)
def test_a_wrong_parameter_is_named(given, message):
    line = refusal(load_task, "tidy", given)
    assert message in line
    assert "tidy.yaml" in line


@pytest.mark.parametrize("value", ["long", "", "nan", "inf"])
def test_a_parameter_keeps_the_kind_of_its_default(value):
    line = refusal(load_task, "walk_square", {"length": value})
    assert f"parameters.length: expected a number, got '{value}'" in line


def test_a_parameter_of_a_file_without_any_is_refused():
    line = refusal(load_task, "fetch_cup", {"object": "box"})
    assert "no parameter 'object' (the file declares none)" in line


# --- mistakes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: t\n", "(file): expected goals or steps, got neither"),
        (
            "goals: ['visible(cup)']\nsteps: [{skill: walk}]\n",
            "(file): expected goals or steps, got both",
        ),
        ("steps: []\n", "steps: Tuple should have at least 1 item"),
        ("goals: []\n", "goals: Tuple should have at least 1 item"),
        ("text: ''\nsteps: [{skill: walk}]\n", "text: String should have at least 1"),
        (
            "steps: [{skill: walk}]\nspeed: 1\n",
            "unknown key 'speed'. Known keys: parameters, text, goals, steps, "
            "deadline_s, retries.",
        ),
        (
            "steps: [{skil: walk}]\n",
            "steps.0: expected one of the keys skill, goal, repeat, if, unless, "
            "got skil.",
        ),
        ("steps: [{}]\n", "if, unless, got none."),
        ("steps: [walk]\n", "if, unless, got 'walk'."),
        (
            "steps: [{skill: walk, speed: 1}]\n",
            "unknown key 'steps.0.speed'. Known keys: skill, args, retries.",
        ),
        (
            "steps: [{goal: visible(cup), args: {}}]\n",
            "unknown key 'steps.0.args'. Known keys: goal, retries.",
        ),
        (
            "steps: [{repeat: 2, steps: [{unless: upright(), then: [{goal: upright()}]"
            ", otherwise: []}]}]\n",
            "unknown key 'steps.0.steps.0.otherwise'. Known keys: unless, then, else.",
        ),
        ("steps: [{if: upright()}]\n", "key 'steps.0.then' is missing"),
        ("steps: [{if: upright(), then: []}]\n", "steps.0.then: Tuple should have"),
        (
            "steps: [{repeat: 0, steps: [{skill: walk}]}]\n",
            "steps.0.repeat: expected greater than or equal to 1 or 'forever', got 0",
        ),
        (
            "steps: [{repeat: often, steps: [{skill: walk}]}]\n",
            "steps.0.repeat: expected a valid integer or 'forever', got 'often'",
        ),
        (
            "steps: [{skill: walk, args: {target: true}}]\n",
            "steps.0.args.target: expected a name or a number, got True",
        ),
        (
            "steps: [{skill: walk, args: {target: [a]}}]\n",
            "steps.0.args.target: expected a name or a number, got ['a']",
        ),
        (
            "steps: [{skill: walk, args: {forward: .nan}}]\n",
            "steps.0.args.forward: expected a name or a number, got nan",
        ),
        (
            "steps: [{skill: walk, args: {target: {x}}}]\n",
            "steps.0.args.target: expected a name or a number; "
            "a parameter stands in quotes: '{name}'",
        ),
        (
            "steps: [{skill: walk, retries: -1}]\n",
            "steps.0.retries: expected greater than or equal to 0, got -1",
        ),
        (
            "steps: [{skill: walk}]\nretries: true\n",
            "retries: expected a valid integer, got True",
        ),
        (
            "steps: [{skill: walk}]\ndeadline_s: 0\n",
            "deadline_s: expected greater than 0, got 0",
        ),
        (
            "goals: ['near(cup)']\n",
            "goals.0: there is no predicate 'near' (known: on(object, surface), "
            "holding(object), at(place), in_reach(object), visible(object), upright())",
        ),
        (
            "goals: ['on(cup)']\n",
            "goals.0: 'on(cup)' names 1 instead of 2 things; "
            "write it as on(object, surface)",
        ),
        (
            "goals: [on(cup, shelf)]\n",
            "goals.0: 'on(cup' is no predicate; write it as name(argument, ...), such "
            'as on(cup, shelf); between [ ] it stands in quotes: "on(cup, shelf)"',
        ),
        (
            "goals: ['visible({thing})']\n",
            "goals.0: there is no parameter 'thing' (the file declares none)",
        ),
        (
            "parameters: {thing: cup}\ngoals: ['visible(cup)']\n",
            "parameters.thing: it is used nowhere; write '{thing}', in quotes, where "
            "its value belongs, or remove it.",
        ),
        (
            "parameters: {thing: }\ngoals: ['visible({thing})']\n",
            "parameters.thing: expected a name or a number, got None",
        ),
        (
            "parameters: {My Thing: cup}\ngoals: ['visible(cup)']\n",
            "parameters.My Thing: ",
        ),
        (
            "steps: &steps [{repeat: 2, steps: *steps}]\n",
            "steps.0.steps: expected at most 40 levels of keys, got more",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named(write, text, message):
    line = refusal(load_task, write(text))
    assert message in line
    assert "mine.yaml" in line


def test_data_that_is_no_mapping_is_refused():
    line = refusal(task_from_data, ["walk"], "the answer")
    assert line == "the answer: expected a mapping of keys to values, got list."


def test_an_unknown_task_lists_the_known_ones():
    assert f"Known here: {', '.join(SHIPPED)}." in refusal(load_task, "fetch_moon")


# --- back to data ------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_a_task_survives_being_written_and_read(name):
    task = load_task(name)
    data = json.loads(json.dumps(dump_task(task)))
    again = task_from_data(data, "data")
    assert again == task
    assert again.text == task.text


def test_everything_survives_being_written_as_yaml(write):
    task = load_task(write(EVERYTHING))
    assert load_task(write(yaml.safe_dump(dump_task(task)))) == task


def test_braces_of_a_sentence_survive():
    task = Task(text="grasp {it}", items=(Step(skill="say", args={"word": "{it}"}),))
    again = task_from_data(dump_task(task), "data")
    assert (again, again.text) == (task, "grasp {it}")


def test_goals_are_written_as_goals_and_only_what_was_said():
    task = Task(text="t", items=(Achieve(predicate=ON_SHELF),))
    assert dump_task(task) == {"text": "t", "goals": ["on(cup, shelf)"]}


# --- the schema --------------------------------------------------------------------


def test_the_published_schema_is_the_one_of_the_code():
    published = (TASK_DIR / "task.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(task_schema(), indent=2) + "\n", (
        "run: praxis task schema --out configs/tasks/task.schema.json"
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_editors_find_the_schema(name):
    text = (TASK_DIR / f"{name}.yaml").read_text(encoding="utf-8")
    first = "# yaml-language-server: $schema=task.schema.json"
    assert text.splitlines()[0] == first


@pytest.fixture
def accepts():
    """Whether the schema accepts what is written in YAML."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(task_schema())
    validator.check_schema(validator.schema)
    return lambda text: validator.is_valid(yaml.safe_load(text))


def test_the_schema_accepts_every_file_before_its_parameters_are_filled_in(accepts):
    for name in SHIPPED:
        assert accepts((TASK_DIR / f"{name}.yaml").read_text(encoding="utf-8")), name
    assert accepts(EVERYTHING)


@pytest.mark.parametrize(
    "text",
    [
        "text: t",
        "steps: []",
        "goals: ['visible(cup)']\nsteps: [{skill: walk}]",
        "goals: ['near(cup)']",
        "steps: [{skil: walk}]",
        "steps: [{skill: walk, speed: 1}]",
        "steps: [{repeat: often, steps: [{skill: walk}]}]",
        "steps: [{repeat: 0, steps: [{skill: walk}]}]",
        "steps: [{if: upright()}]",
        "steps: [{skill: walk}]\ndeadline_s: soon",
        "parameters: {My Thing: cup}\ngoals: ['visible(cup)']",
    ],
)
def test_the_schema_refuses_what_reading_refuses(accepts, write, text):
    assert refusal(load_task, write(text))
    assert not accepts(text)


# --- the page ----------------------------------------------------------------------


def page_examples():
    page = TASK_DIR.parents[1] / "docs" / "task_files.md"
    return re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", page_examples())
def test_the_examples_of_the_page_can_be_read(write, text):
    assert load_task(write(text)).items


def test_the_page_names_every_predicate():
    page = TASK_DIR.parents[1] / "docs" / "task_files.md"
    text = page.read_text(encoding="utf-8")
    assert all(f"`{form_of(name)}`" in text for name in PREDICATES)
