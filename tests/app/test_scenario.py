"""Scenario files: what they may say, and what is refused."""

from __future__ import annotations

import pytest

from app.build import read_plan
from app.options import RunOptions
from app.scenario import load_scenario, shipped
from configs.loader import ConfigError, load_scene

LEAST = "text: t\nwhy: w\ntask: stand for 1 second\n"


@pytest.fixture
def write(tmp_path):
    def written(text: str) -> str:
        path = tmp_path / "mine.yaml"
        path.write_text(LEAST + text)
        return str(path)

    return written


def test_the_cases_that_were_promised_ship():
    assert set(shipped()) >= {
        *("cup_moved", "cup_knocked", "robot_pushed", "cup_on_shelf", "cup_absent"),
    }


@pytest.mark.parametrize("name", shipped())
def test_what_ships_fits_its_scene_and_is_understood(name):
    config = load_scenario(name)
    assert config.changed(load_scene(config.scene)).name == config.scene
    assert read_plan(config.task, RunOptions(scene=config.scene)).task.items
    assert config.why


def test_a_change_keeps_everything_else_of_the_object():
    kitchen = load_scene("kitchen")
    changed = load_scenario("cup_on_shelf").changed(kitchen)
    cup, before = changed.objects[2], kitchen.objects[2]
    assert (before.stands_on, cup.stands_on) == ("table", "shelf")
    assert cup.radius == before.radius
    assert changed.objects[:2] == kitchen.objects[:2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("right: [triumph]", r"right.*got 'triumph'"),
        ("right: []", "right"),
        ("right: [success]\nright_if_lost: [dropped]", "needs a disturbance of an obj"),
        (
            "right: [success]\ndisturbance: {kind: quake}",
            r"disturbance\.kind: expected 'move', 'knock', .* got 'quake'",
        ),
        (
            "right: [success]\ndisturbance: {kind: push}",
            "disturbance: push needs speed: speed is missing",
        ),
        (
            "right: [success]\ndisturbance: {kind: push, speed: 1, object: cup}",
            "disturbance: push takes speed; remove object",
        ),
        (
            "right: [success]\ndisturbance: {kind: push, speed: 1, when: {for_s: 1}}",
            r"disturbance\.when: expected skill or holds, got neither",
        ),
        (
            "right: [success]\ndisturbance: "
            "{kind: push, speed: 1, when: {holds: holding(cup), covered: 1}}",
            "covered is a way of a skill; name the skill",
        ),
        (
            "right: [success]\ndisturbance: "
            "{kind: push, speed: 1, when: {holds: flying(cup)}}",
            "flying",
        ),
        ("right: [success]\nwrong: []", r"unknown key 'wrong'\. Known keys: text, why"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(write, text, message):
    with pytest.raises(ConfigError, match=message):
        load_scenario(write(text))


def test_what_is_not_in_the_scene_cannot_be_changed(write):
    config = load_scenario(write("right: [success]\nchanges: {spoon: {yaw: 1.0}}"))
    with pytest.raises(ConfigError, match=r"kitchen has no 'spoon' \(known: table, "):
        config.changed(load_scene("kitchen"))


def test_a_change_that_makes_no_sense_is_told_with_its_key(write):
    config = load_scenario(write("right: [success]\nchanges: {cup: {radius: -1}}"))
    with pytest.raises(
        ConfigError, match=r"scene kitchen, changed: objects\.2\.radius"
    ):
        config.changed(load_scene("kitchen"))


def test_a_name_that_does_not_ship_is_told_with_those_that_do():
    with pytest.raises(
        ConfigError, match=r"no such file\. Known here: cup_absent, cup"
    ):
        load_scenario("earthquake")
