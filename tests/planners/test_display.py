"""The tree is shown as text and as plain data."""

import json

from planners.display import as_dict, as_text


def test_the_text_shows_marks_and_feedback(fetch):
    fetch.tick()
    assert as_text(fetch.planner.root) == "\n".join(
        [
            "▶ the task (step 1 of 2)",
            "├─ ▶ walk(target=table, reach=cup)",
            "│  ├─ ✗ already done: walk(target=table, reach=cup) "
            "(at(table) does not hold: measured no)",
            "│  └─ ▶ walk(target=table, reach=cup) "
            "(running for 0.0 s of 20 s, at(table): measured no)",
            "└─ · grasp(object=cup)",
            "   ├─ · already done: grasp(object=cup)",
            "   └─ · grasp(object=cup)",
        ]
    )


def test_the_text_shows_a_finished_task(fetch):
    fetch.tick("at(table)")
    fetch.tick("holding(cup)")
    lines = as_text(fetch.planner.root).splitlines()
    assert lines[0] == "✓ the task (every step is done)"
    assert lines[-1] == "   └─ ✓ grasp(object=cup) (done in 1.0 s: holding(cup))"


def test_the_text_shows_why_a_task_failed(fetch):
    fetch.tick()
    fetch.tick(no_longer=("upright",))
    assert as_text(fetch.planner.root).splitlines()[0] == (
        "✗ the task (walk(target=table, reach=cup) aborted, upright: measured no; "
        "unstable is never retried)"
    )


def test_the_data_survives_json(fetch):
    fetch.tick()
    data = json.loads(json.dumps(as_dict(fetch.planner.root)))
    assert data["name"] == "the task"
    assert data["status"] == "running"
    walk = data["children"][0]["children"][1]
    assert walk == {
        "name": "walk(target=table, reach=cup)",
        "kind": "RunSkill",
        "status": "running",
        "message": "running for 0.0 s of 20 s, at(table): measured no",
        "children": [],
    }
