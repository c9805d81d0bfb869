"""`praxis export usd`: files, lines and refusals."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "praxis" / "usd"


def export(*words):
    """Run the command; return its exit code, stdout and stderr."""
    result = CliRunner().invoke(app, ["export", "usd", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_robot_and_scene_are_written_to_the_cache_once(cache):
    code, out, _ = export()
    assert code == 0
    robot, scene = out.splitlines()
    assert robot.startswith(f"robot g1_dex3: {cache}/g1_dex3-")
    assert scene.startswith(f"scene kitchen, seed 1: {cache}/kitchen-seed1-")
    written = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(written) == 2
    assert export() == (0, out, "")
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == written


def test_a_folder_gets_plain_names(tmp_path):
    folder = tmp_path / "assets"
    code, out, _ = export("--scene", "tabletop", "--seed", 3, "--out", folder)
    assert code == 0
    assert out == (
        f"robot g1_dex3: {folder}/g1_dex3.usda\n"
        f"scene tabletop, seed 3: {folder}/tabletop.usda\n"
    )
    assert sorted(path.name for path in folder.iterdir()) == [
        "g1_dex3.usda",
        "tabletop.usda",
    ]
    text = (folder / "tabletop.usda").read_text()
    assert text.startswith("#usda 1.0") and 'def Xform "cup"' in text


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--robot", "g2"), "no such file. Known here: g1_dex3"),
        (("--scene", "moon"), "no such file. Known here: empty, kitchen"),
        (("--seed", -1), "command line: seed: expected"),
    ],
)
def test_bad_input_is_one_line(words, part):
    code, _, stderr = export(*words)
    assert code == 2
    assert stderr.count("\n") == 1
    assert part in stderr


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    code, _, stderr = export("--out", blocked)
    assert code == 2
    assert stderr.count("\n") == 1
    assert "cannot be written" in stderr and "--out" in stderr


def test_without_usd_core_it_says_what_to_install(monkeypatch, cache):
    for name in [*sys.modules]:
        if name.startswith("sim2real.usd.") and name != "sim2real.usd.cache":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pxr", None)
    code, _, stderr = export()
    assert code == 2
    assert stderr == (
        "praxis: writing USD needs usd-core, which is not installed. "
        "Install it: pip install 'praxis[usd]'.\n"
    )
    assert not Path(cache).exists()
