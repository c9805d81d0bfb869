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


PICTURES = """
import sys
from app.video_gl import prepare_gl
prepare_gl()
import mujoco, numpy as np
from configs.loader import load_scene
from sim2real.mujoco_light import light_up
from sim2real.mujoco_scene import scene_model
from sim2real.scenes import draw_scene
from sim2real.surroundings import Surroundings
for brightness in (1.0, 0.5):
    model = scene_model(draw_scene(load_scene("kitchen"), np.random.default_rng(0)))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    light_up(model, data, Surroundings(light_scale=brightness))
    with mujoco.Renderer(model, 60, 80) as renderer:
        renderer.update_scene(data)
        print(float(renderer.render().mean()))
"""


def test_a_darker_place_gives_darker_pictures():
    pytest.importorskip("mujoco")
    try:
        choose_gl(os.environ)
    except VideoError as error:
        pytest.skip(str(error))
    done = subprocess.run(
        [sys.executable, "-c", PICTURES],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    usual, dim = map(float, done.stdout.split())
    assert dim < 0.9 * usual
