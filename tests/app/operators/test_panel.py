"""The buttons on the page of a run."""

from __future__ import annotations

from functools import partial

import pytest

viser = pytest.importorskip("viser")

from app.build import draw  # noqa: E402
from app.control_loop import Episode  # noqa: E402
from app.operators.desk import Desk, Wish  # noqa: E402
from app.operators.panel import Panel  # noqa: E402
from app.viewer import Viewer  # noqa: E402
from planners.planner import TaskState  # noqa: E402
from skills.contract import Failure  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def server():
    server = viser.ViserServer(host="127.0.0.1", port=18_427, verbose=False)
    yield server
    server.stop()


def panel_of(server, desk):
    """Put the buttons on a page that is served."""
    names = ("pause", "go_on", "stop")
    return Panel(desk, **{name: server.gui.add_button(name) for name in names})


def press(button):
    """Do what viser does when a button is pressed in the browser."""
    button.value = True


def pressable(panel):
    """Return which of the buttons can be pressed."""
    buttons = {"pause": panel.pause, "go on": panel.go_on, "stop": panel.stop}
    return [name for name, button in buttons.items() if not button.disabled]


def test_buttons_ask_for_what_they_say(server):
    desk = Desk()
    panel = panel_of(server, desk)
    press(panel.pause)
    assert desk.wish() is Wish.PAUSE
    press(panel.go_on)
    assert desk.wish() is Wish.GO_ON
    press(panel.stop)
    assert desk.wish() is Wish.STOP


def test_a_double_click_on_stop_is_still_a_safe_stop(server):
    desk = Desk()
    panel = panel_of(server, desk)
    press(panel.stop)
    press(panel.stop)
    assert desk.wish() is Wish.STOP


def test_only_buttons_that_mean_something_can_be_pressed(server):
    panel = panel_of(server, Desk())
    assert pressable(panel) == []
    panel.show(TaskState.RUNNING)
    assert pressable(panel) == ["pause", "stop"]
    panel.show(TaskState.PAUSED)
    assert pressable(panel) == ["go on", "stop"]
    for state in (TaskState.STOPPING, TaskState.FAILURE, TaskState.SUCCESS):
        panel.show(state)
        assert pressable(panel) == []


class Presser:
    """Presses buttons of a viewer at certain ticks."""

    def __init__(self, panel, presses):
        self._panel, self._presses = panel, presses
        self.states = []

    def begin(self, assembly, seed, moment):
        pass

    def tick(self, moment):
        button = self._presses.get(len(self.states))
        if button is not None:
            press(getattr(self._panel, button))
        self.states.append(moment.status.state)

    def end(self, result):
        pass

    def close(self):
        pass


def test_a_run_is_paused_resumed_and_stopped_from_the_page(assemble):
    desk = Desk()
    viewer = Viewer(partial(draw, kind="fake"), desk, host="127.0.0.1", port=18_437)
    try:
        presses = {20: "pause", 60: "go_on", 100: "stop"}
        presser = Presser(viewer.panel, presses)
        episode = Episode(
            assemble("stand"), 0, observers=[viewer, presser], operator=desk
        )
        result = episode.run()
        assert pressable(viewer.panel) == []
    finally:
        viewer.close()
    assert result.failure is Failure.OPERATOR
    assert presser.states[20] is TaskState.RUNNING  # the next tick obeys
    assert set(presser.states[21:60]) == {TaskState.PAUSED}
    assert presser.states[65] is TaskState.RUNNING
    assert presser.states[101] is TaskState.STOPPING
