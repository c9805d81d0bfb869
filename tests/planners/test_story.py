"""A story is read from the first sentence to the last."""

from __future__ import annotations

import pytest

from planners.happenings import Happening, What
from planners.story import Account, Ending, Incident, sentence, tell
from planners.trace import Change

DONE = Ending(
    time=20.3,
    success=True,
    failure=None,
    sentence="task done in 20.3 s: holding(cup)",
    verdict="agrees",
    judge="cup is held upright",
)


def change(tick, place, node, kind, status, reason=""):
    return Change(
        tick=tick,
        time=tick / 50,
        id=place,
        node=node,
        kind=kind,
        status=status,
        reason=reason,
    )


def account(**what):
    return Account(
        text="grasp the cup",
        scene="kitchen",
        backend="mujoco",
        robot="g1_dex3",
        seed=7,
        **what,
    )


def test_a_story_has_a_beginning_a_middle_and_an_end():
    changes = (
        change(0, "0", "grasp the cup", "TaskNode", "running"),
        change(0, "0.0", "holding(cup)", "Holds", "failure", "the cup stands"),
        change(0, "0.1", "grasp(object=cup)", "RunSkill", "running"),
        change(
            520, "0.1", "grasp(object=cup)", "RunSkill", "success", "done in 10.4 s"
        ),
        change(520, "0", "grasp the cup", "TaskNode", "success", "every step is done"),
    )
    push = Incident(tick=250, time=5.0, hazard="overspeed", text="a knee is too fast")
    assert list(tell(account(changes=changes, incidents=(push,), ending=DONE))) == [
        'The task was "grasp the cup", in scene kitchen, with robot g1_dex3 on the '
        "mujoco backend, seed 7.",
        "At 0.0 s it began with grasp(object=cup), because the cup stands.",
        "At 5.0 s the safety filter stepped in: a knee is too fast.",
        "At 10.4 s grasp(object=cup) ended well after 10.4 s: done in 10.4 s.",
        "At 20.3 s it was over: task done in 20.3 s: holding(cup).",
        "The physics agrees: cup is held upright.",
    ]


@pytest.mark.parametrize(
    ("success", "verdict", "judge", "last"),
    [
        (True, "contradicts", "it fell", "The physics contradicts that: it fell."),
        (
            *(True, "not judged", "there is no physics"),
            "Nobody judged whether that is true: there is no physics.",
        ),
        (False, "agrees", None, "At 9.0 s it was over: it fell."),
    ],
)
def test_the_judge_has_the_last_word_about_a_success(success, verdict, judge, last):
    end = Ending(
        time=9.0,
        success=success,
        failure=None if success else "unstable",
        sentence="it stood" if success else "it fell",
        verdict=verdict,
        judge=judge,
    )
    assert list(tell(account(ending=end)))[-1] == last


def test_a_run_that_was_cut_short_says_so():
    changes = (change(160, "0", "grasp the cup", "TaskNode", "running"),)
    assert list(tell(account(changes=changes)))[-1] == (
        "The trace stops at 3.2 s without a result: the run was cut short."
    )
    assert "at 0.0 s" in list(tell(account()))[-1]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (What.STOPPED, "At 2.0 s it was stopped after 1.5 s, because so it is."),
        (What.SKIPPED, "At 2.0 s there was nothing to do for it: so it is."),
        (What.WAITED, "At 2.0 s it waited for it: so it is."),
        (What.LOST, "At 2.0 s something was lost: so it is."),
        (What.NOTED, "At 2.0 s, it: so it is."),
        (
            What.FAILED,
            "At 2.0 s it failed (dropped) after 1.5 s: so it is; then: more.",
        ),
    ],
)
def test_every_kind_of_happening_is_a_sentence(what, words):
    failed = what is What.FAILED
    happening = Happening(
        what=what,
        time=2.0,
        node="it",
        reason="so it is",
        lasted=1.5,
        failure="dropped" if failed else "",
        then="more" if failed else "",
    )
    assert sentence(happening) == words
