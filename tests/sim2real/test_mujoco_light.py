"""Lamps and camera noise of another place change pictures and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("mujoco", reason="lamps are MuJoCo's")

import mujoco

from configs.loader import load_scene
from sim2real.mujoco_light import light_up, noisy
from sim2real.mujoco_scene import scene_model
from sim2real.scenes import draw_scene
from sim2real.surroundings import Surroundings


def lit(place: Surroundings):  # type: ignore[no-untyped-def]
    scene = draw_scene(load_scene("empty"), np.random.default_rng(0))
    model = scene_model(scene)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    light_up(model, data, place)
    return model, data


def test_every_lamp_is_as_bright_as_the_place_says() -> None:
    usual, _ = lit(Surroundings())
    dim, _ = lit(Surroundings(light_scale=0.5))
    assert_allclose(dim.light_diffuse, 0.5 * usual.light_diffuse)
    assert_allclose(dim.vis.headlight.ambient, 0.5 * usual.vis.headlight.ambient)
    bright, _ = lit(Surroundings(light_scale=5.0))
    assert bright.light_diffuse.max() == 1.0


def test_the_sun_turns_about_the_level_axes() -> None:
    # Turned by 0.1 rad about y, what shines straight down shines to -x as well.
    _, usual = lit(Surroundings())
    _, turned = lit(Surroundings(light_turn=(0.0, 0.1)))
    c, s = np.cos(0.1), np.sin(0.1)
    x, y, z = usual.light_xdir[0]
    assert_allclose(turned.light_xdir[0], [c * x + s * z, y, c * z - s * x], atol=1e-6)


def test_noise_is_of_the_size_that_the_place_says() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    rng = np.random.default_rng(0)
    assert noisy(grey, Surroundings(), rng) is grey
    grainy = noisy(grey, Surroundings(camera_noise_std=0.04), rng)
    # 4 % of 255 are 10.2; rounding down takes half a step off the mean.
    assert grainy.std() == pytest.approx(10.2, rel=0.03)
    assert grainy.mean() == pytest.approx(127.5, abs=0.3)
    assert noisy(grey + 120, Surroundings(camera_noise_std=0.5), rng).max() == 255
