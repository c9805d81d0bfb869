"""The commands that README and docs tell people to type do exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from app.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]

LOOKING = ("tree", "skills", "policy")
"""Subcommands that only look; these are run, others are parsed."""


def code_lines(text: str) -> Iterator[str]:
    """Yield the lines of fenced and indented blocks, and code within sentences."""
    fenced = False
    for line in text.replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip().removeprefix("$ ")
        else:
            yield from re.findall(r"`([^`]+)`", line)


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Yield what follows the name of a program, word by word, without comments."""
    for line in code_lines(text):
        if line.startswith(f"{program} "):
            yield shlex.split(line, comments=True)[1:]


def typed(program: str) -> list[Any]:
    """Return every command of every page, as parameters of a test."""
    return [
        pytest.param(words, id=f"{page.name}: {' '.join(words)}")
        for page in PAGES
        for words in commands(page.read_text(encoding="utf-8"), program)
    ]


def parse(words: list[str]) -> None:
    """Read a command as the command line does, without carrying it out."""
    command: Any = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    assert not hasattr(command, "commands"), f"there is no subcommand {words[:1]}"
    command.make_context("praxis", list(words))


def only_looks(words: list[str]) -> bool:
    if {"--svg", "--dot"} & set(words):
        return False  # it leaves files behind
    return words[0] in LOOKING or "--help" in words or "--print-config" in words


def test_commands_are_found_in_every_kind_of_block() -> None:
    text = (
        "Say `praxis skills` or\n\n"
        '    praxis run "walk to table" --seed 7   # a comment\n\n'
        "```sh\n$ praxis train walk \\\n  --resume\n```\n"
        "praxis is no command here, and `make` is no praxis.\n"
    )
    assert list(commands(text, "praxis")) == [
        ["skills"],
        ["run", "walk to table", "--seed", "7"],
        ["train", "walk", "--resume"],
    ]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (["run", "walk to table", "--fly"], "NoSuchOption"),
        (["run", "walk to table", "--seed", "seven"], "BadParameter"),
        (["run"], "MissingParameter"),
        (["hop"], "AssertionError"),
        (["policy", "hide", "a.onnx"], "AssertionError"),
    ],
)
def test_a_wrong_command_is_noticed(words: list[str], mistake: str) -> None:
    # Typer brings its own copy of click, so its classes have no public name.
    with pytest.raises(Exception, match=r".") as error:
        parse(words)
    assert error.type.__name__ == mistake


def test_the_readme_shows_the_main_commands() -> None:
    shown = {words[0] for words in commands(PAGES[0].read_text("utf-8"), "praxis")}
    assert shown >= {"run", "tree", "skills", "policy", "train", "evaluate"}


@pytest.mark.parametrize("words", typed("praxis"))
def test_a_command_in_the_docs_is_one(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not only_looks(words):
        parse(words)
        return
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize(
    "command", ["", "run", "explain", "train", "evaluate", "tree", "skills"]
)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["run", "walk to table and grasp cup", "--print-config"],
        *(["train", s, "--print-config"] for s in ("walk", "balance", "grasp")),
        ["train", "manipulate", "--print-config"],
    ],
)
def test_every_setting_can_be_shown(words: list[str]) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    assert all("  # " in line for line in result.stdout.splitlines())


@pytest.mark.parametrize("words", typed("make"))
def test_a_make_target_in_the_docs_is_one(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE)
    asked = [word for word in words if "=" not in word]
    assert set(asked) <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert missing == []
