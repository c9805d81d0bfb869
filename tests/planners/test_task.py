"""Task files are the same tasks as sentences, and mistakes in them are named."""

import pytest

from configs.loader import ConfigError
from planners.language import parse_task
from planners.task import TASK_DIR, Step, load_task


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write_file


@pytest.mark.parametrize("name", sorted(p.stem for p in TASK_DIR.glob("*.yaml")))
def test_a_task_file_means_what_its_text_says(name, kitchen):
    task = load_task(name)
    assert task == parse_task(task.text, kitchen)


def test_fetch_cup_is_a_walk_and_a_grasp():
    assert load_task("fetch_cup").steps == (
        Step(skill="walk", args={"target": "table", "reach": "cup"}),
        Step(skill="grasp", args={"object": "cup"}),
    )


def test_a_step_reads_like_a_call():
    step = Step(skill="balance", args={"duration_s": 2.5, "side": "left"})
    assert str(step) == "balance(duration_s=2.5, side=left)"


def test_a_step_cannot_be_changed_through_the_dict_it_was_made_from():
    args = {"object": "cup"}
    step = Step(skill="grasp", args=args)
    args["object"] = "table"
    assert step.args == {"object": "cup"}
    assert step.goal.args == {"object": "cup"}
    with pytest.raises(TypeError):
        step.args["object"] = "table"  # type: ignore[index]


def test_numbers_in_a_file_become_floats(write):
    task = load_task(
        write("text: t\nsteps: [{skill: balance, args: {duration_s: 3}}]\n")
    )
    assert task.steps == (Step(skill="balance", args={"duration_s": 3.0}),)


def test_a_step_without_arguments_is_a_step(write):
    task = load_task(write("text: t\nsteps: [{skill: balance}]\n"))
    assert task.steps == (Step(skill="balance"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: t\nsteps: []\n", "steps: Tuple should have at least 1 item"),
        ("text: t\n", "key 'steps' is missing"),
        ("text: ''\nsteps: [{skill: walk}]\n", "text: String should have at least 1"),
        ("text: t\nsteps: [{skil: walk}]\n", "key 'steps.0.skill' is missing"),
        (
            "text: t\nsteps: [{skill: walk}]\nspeed: 1\n",
            "unknown key 'speed'. Known keys: text, steps",
        ),
        (
            "text: t\nsteps: [{skill: walk, args: {target: true}}]\n",
            "steps.0.args.target: expected a name or a number, got True",
        ),
        (
            "text: t\nsteps: [{skill: walk, args: {target: [a]}}]\n",
            "steps.0.args.target: expected a name or a number, got ['a']",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named(write, text, message):
    with pytest.raises(ConfigError) as error:
        load_task(write(text))
    assert message in str(error.value)
    assert "mine.yaml" in str(error.value)


def test_an_unknown_task_lists_the_known_ones():
    with pytest.raises(ConfigError, match="Known here: cup_to_shelf, fetch_cup"):
        load_task("fetch_moon")
