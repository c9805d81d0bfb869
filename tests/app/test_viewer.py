"""The page is there, and shows what it is given."""

from __future__ import annotations

import urllib.request
from functools import partial

import pytest

viser = pytest.importorskip("viser")

from app.build import draw  # noqa: E402
from app.control_loop import Episode  # noqa: E402
from app.operators.desk import Desk, Wish  # noqa: E402
from app.viewer import Viewer, signals_text  # noqa: E402


class Moments:
    """Keeps the first and the last moment of an episode."""

    def begin(self, assembly, seed, moment):
        self.assembly, self.first = assembly, moment

    def tick(self, moment):
        self.last = moment

    def end(self, result):
        self.result = result

    def close(self):
        pass


@pytest.fixture
def moments(assemble):
    kept = Moments()
    Episode(assemble("stand for 1 second"), 0, observers=[kept]).run()
    return kept


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_page_answers_while_pictures_are_pushed(moments, capsys):
    draw_it = partial(draw, kind="fake")
    viewer = Viewer(draw_it, Desk(), host="127.0.0.1", port=18_417)
    try:
        viewer.begin(moments.assembly, 0, moments.first)
        viewer.tick(moments.last)
        with urllib.request.urlopen(f"http://127.0.0.1:{viewer.port}") as page:
            assert page.status == 200
        assert viewer.urls[0] == f"http://localhost:{viewer.port}"
        viewer.end(moments.result)
    finally:
        viewer.close()
    assert capsys.readouterr().out == ""


def test_the_signals_are_a_table_with_units(moments):
    lines = signals_text(moments.first).splitlines()
    assert lines[2:] == [
        "| state | running |",
        "| time | 0.00 s |",
        "| step | 1/1 balance(duration_s=1) |",
        "| base | 0.00 m/s, +0.00 rad/s, 0.78 m high |",
        "| skills | none |",
        "| safety | ok |",
    ]
    assert "| skills | balance |" in signals_text(moments.last)


def test_a_pause_is_told_in_a_sentence(assemble, asking):
    kept = Moments()
    operator = asking({10: Wish.PAUSE, 20: Wish.STOP_AT_ONCE})
    pictures = []
    kept.tick = lambda moment: pictures.append(signals_text(moment))
    Episode(assemble("stand"), 0, observers=[kept], operator=operator).run()
    assert "| state | paused in step 1/1 balance(duration_s=5) |" in pictures[15]
    assert "| state | failure |" in pictures[-1]
