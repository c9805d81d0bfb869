"""Pictures as another place would give them: its lamps, and the noise of its camera."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim2real.rotations import rotate, wxyz_from_rpy
from sim2real.surroundings import Surroundings

Picture = NDArray[np.uint8]  # (height, width, 3)


def light_up(model: mujoco.MjModel, data: mujoco.MjData, place: Surroundings) -> None:
    """Change brightness and direction of every lamp; nothing that moves is touched.

    Args:
        model: of the scene; it is changed.
        data: of the model; where lamps shine is computed anew.
        place: whose light it is to be.
    """
    brightness = place.light_scale
    head = model.vis.headlight
    for light in (head.ambient, head.diffuse, head.specular):
        light[:] = np.clip(brightness * light, 0.0, 1.0)
    for lights in (model.light_ambient, model.light_diffuse, model.light_specular):
        lights[:] = np.clip(brightness * lights, 0.0, 1.0)
    roll, pitch = (np.float64(angle) for angle in place.light_turn)
    turn = wxyz_from_rpy(roll, pitch, np.float64(0.0))
    model.light_dir[:] = rotate(np.tile(turn, (model.nlight, 1)), model.light_dir)
    mujoco.mj_camlight(model, data)


def noisy(picture: Picture, place: Surroundings, rng: np.random.Generator) -> Picture:
    """Return a picture as a camera with white noise takes it.

    Args:
        picture: without noise.
        place: with the standard deviation, of colours that are 0 to 1.
        rng: of the noise.
    """
    std = place.camera_noise_std
    if std == 0.0:
        return picture
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(255 * std)
    return np.clip(picture + noise, 0.0, 255.0).astype(np.uint8)
