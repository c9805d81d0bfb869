"""A video is a whole MP4 file, or one line says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.video_gl import VideoError, choose_gl, works

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from pathlib import Path
from app.video_gl import prepare_gl
prepare_gl()
from app.build import build, read_plan
from app.control_loop import Assembly, Episode
from app.options import RunOptions
from app.video import Video
from dataclasses import replace
from sim2real.backends import make_backend
options = RunOptions(backend="fake", scene="empty", time_limit_s=0.1)
plan = read_plan("stand for 9 seconds", options)
simulated = make_backend("mujoco", plan.robot, plan.scene)
video = Video(Path(sys.argv[1]))
Episode(replace(build(plan), backend=simulated), 0, observers=[video]).run()
video.close()
"""


def test_the_gpu_is_tried_before_the_cpu():
    asked = []

    def nothing_works(way):
        asked.append(way)
        return False

    with pytest.raises(VideoError, match=r"egl and osmesa.*apt install"):
        choose_gl({}, nothing_works)
    assert asked == ["egl", "osmesa"]
    assert choose_gl({}, lambda way: way == "osmesa") == "osmesa"


def test_the_users_own_choice_is_the_only_one_tried():
    assert choose_gl({"MUJOCO_GL": "glfw"}, lambda way: True) == "glfw"
    with pytest.raises(VideoError, match="tried MUJOCO_GL=glfw"):
        choose_gl({"MUJOCO_GL": "glfw"}, lambda way: way == "egl")


def test_a_way_that_mujoco_does_not_know_does_not_work():
    pytest.importorskip("mujoco")
    assert not works("crayons")


def test_a_missing_encoder_is_one_line(monkeypatch):
    from app.video import Video

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(VideoError, match=r"pip install 'praxis\[video\]'"):
        Video(Path("a.mp4"))


def test_a_video_has_30_frames_a_second(tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    pytest.importorskip("mujoco")
    try:
        choose_gl(os.environ)
    except VideoError as error:
        pytest.skip(str(error))
    path = tmp_path / "a.mp4"
    # In a process of its own: MuJoCo decides how to draw when it is imported.
    subprocess.run([sys.executable, "-c", PROGRAM, str(path)], cwd=ROOT, check=True)
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    # Time is up at 0.2 s, and the robot stands for 0.5 s more: the last tick is at
    # 0.68 s, and frames 0 to 20 are due by then.
    assert frames == 21
    assert seconds == pytest.approx(frames / 30, abs=0.05)
