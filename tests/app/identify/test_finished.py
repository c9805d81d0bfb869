"""An interrupted fit goes on with the parts that are left."""

from __future__ import annotations

from pathlib import Path

from app.identify.finished import FinishedFile
from configs.loader import load_robot
from sim2real.identification.fit import Finding
from sim2real.identification.unknowns import unknown

ROBOT = load_robot()


def test_parts_that_are_done_are_kept_for_the_same_logs_and_settings(
    tmp_path: Path,
) -> None:
    log, path = tmp_path / "a.mcap", tmp_path / "a.partial.json"
    log.write_bytes(b"one")
    found = {
        unknown(ROBOT, "strength", "left_leg"): Finding(value=0.9, deviation=0.01),
        unknown(ROBOT, "payload", "left"): Finding(value=0, deviation=9, reason="no"),
    }
    FinishedFile(path, [log], {"each": "limb"}).put("left leg", found)
    again = FinishedFile(path, [log], {"each": "limb"})
    assert again.get("left leg") == found
    assert again.get("right leg") is None
    assert FinishedFile(path, [log], {"each": "joint"}).get("left leg") is None
    log.write_bytes(b"two")
    assert FinishedFile(path, [log], {"each": "limb"}).get("left leg") is None
    again.remove()
    assert not path.exists() and again.get("left leg") is None


def test_a_broken_file_of_finished_parts_is_no_obstacle(tmp_path: Path) -> None:
    log, path = tmp_path / "a.mcap", tmp_path / "a.partial.json"
    log.write_bytes(b"one")
    path.write_text("[1, 2")
    assert FinishedFile(path, [log], {}).get("left leg") is None
