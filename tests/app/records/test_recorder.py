"""What was recorded can be read back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from app.control_loop import Episode
from app.records.recorder import Recorder, read_recording, recording_paths
from configs.loader import ConfigError


@pytest.fixture
def recorded(assemble, tmp_path):
    """A recorded rehearsal with seed 2: its path and its result."""
    recorder = Recorder(tmp_path / "run")
    result = Episode(assemble(), 2, observers=[recorder]).run()
    recorder.close()
    return tmp_path / "run", result


def test_a_recording_holds_a_row_for_every_tick(recorded):
    path, result = recorded
    recording = read_recording(path)
    signals = recording.signals
    assert recording.task == "walk to table and grasp cup"
    assert recording.seed == 2
    ticks = len(result.tick_s)
    assert signals["time"].shape == (ticks,)
    assert_allclose(np.diff(signals["time"]), 0.02)
    assert signals["joint_pos"].shape == signals["command_pos"].shape == (ticks, 43)
    assert signals["base_quat_wxyz"].shape == (ticks, 4)
    assert signals["object_names"].tolist() == ["cup", "shelf", "table"]
    assert signals["object_pos_w"].shape == (ticks, 3, 3)
    assert signals["joint_names"][0] == "left_hip_pitch_joint"
    assert set(signals["reaction"]) == {"ok"}


def test_the_cup_goes_up_in_the_recording(recorded):
    signals = read_recording(recorded[0]).signals
    height = signals["object_pos_w"][:, 0, 2]
    assert height[-1] > height[0] + 0.05


def test_trees_are_kept_when_they_change(recorded):
    path, result = recorded
    trees = read_recording(path).trees
    assert trees[0]["time"] == 0.0
    assert trees[0]["step"] == "1/2 walk(target=table, reach=cup)"
    assert trees[-1]["sentence"] == result.sentence
    assert trees[-1]["tree"]["status"] == "success"
    assert len(trees[-1]["tree"]["children"]) == 2


def test_an_object_that_is_not_seen_has_no_number(assemble, tmp_path):
    class Blind:
        def __init__(self, backend):
            self.robot, self.control_dt = backend.robot, backend.control_dt
            self._backend, self._looks = backend, 0

        def __getattr__(self, name):
            return getattr(self._backend, name)

        def objects(self):
            self._looks += 1
            found = dict(self._backend.objects())
            if self._looks == 5:
                del found["shelf"]
            return found

    assembly = assemble("stand for 1 second")
    assembly = replace(assembly, backend=Blind(assembly.backend))
    recorder = Recorder(tmp_path / "run.npz")
    Episode(assembly, 0, observers=[recorder]).run()
    recorder.close()
    pos = read_recording(tmp_path / "run.npz").signals["object_pos_w"]
    # The first look is that of the planner, before the first tick.
    assert np.argwhere(np.isnan(pos).any(axis=2)).tolist() == [[3, 1]]


def test_nothing_is_written_for_a_run_that_never_began(tmp_path):
    Recorder(tmp_path / "run").close()
    assert list(tmp_path.iterdir()) == []


def test_the_ending_is_added_where_it_is_missing(tmp_path):
    both = tmp_path / "a.npz", tmp_path / "a.tree.jsonl"
    assert recording_paths(tmp_path / "a") == both
    assert recording_paths(tmp_path / "a.npz") == both
    assert recording_paths(tmp_path / "a.b")[0] == tmp_path / "a.b.npz"


def test_half_a_recording_is_refused(recorded):
    path, _ = recorded
    recording_paths(path)[1].unlink()
    with pytest.raises(ConfigError, match=r"run\.tree\.jsonl: no such file.*together"):
        read_recording(path)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.npz").write_text("words")
    (tmp_path / "a.tree.jsonl").write_text("")
    with pytest.raises(ConfigError, match="is no recording"):
        read_recording(tmp_path / "a")


def test_another_format_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", format=np.array(9))
    (tmp_path / "a.tree.jsonl").write_text("")
    with pytest.raises(ConfigError, match=r"recording format 9.* reads 1"):
        read_recording(tmp_path / "a")
