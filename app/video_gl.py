"""Find a way to draw without a display, before MuJoCo decides on one itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

VARIABLE = "MUJOCO_GL"
WAYS = ("egl", "osmesa")  # on the GPU if there is one, else on the CPU
PROBE = "import mujoco; mujoco.GLContext(64, 64).make_current()"
INSTALL = (
    "On Debian and Ubuntu: sudo apt install libegl1 libgl1-mesa-dri, "
    "or: sudo apt install libosmesa6"
)


class VideoError(RuntimeError):
    """No video can be made here; one line for a person."""


def works(way: str) -> bool:
    """Whether a fresh interpreter can draw in this way.

    MuJoCo reads the variable once, when it is imported, and a driver that is only
    half there may crash: so it is tried in a process of its own.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, VARIABLE: way},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def choose_gl(
    environment: Mapping[str, str], works: Callable[[str], bool] = works
) -> str:
    """Return the value that MUJOCO_GL should have; a working one of the user's wins.

    Raises:
        VideoError: if there is no way to draw.
    """
    given = environment.get(VARIABLE)
    for way in (given,) if given else WAYS:
        if works(way):
            return way
    tried = given or " and ".join(WAYS)
    raise VideoError(
        f"no video: OpenGL cannot draw off screen here (tried {VARIABLE}={tried}). "
        f"{INSTALL}."
    )


def prepare_gl() -> None:
    """Set MUJOCO_GL for this process. Call it before anything imports MuJoCo.

    Raises:
        VideoError: if there is no way to draw.
    """
    os.environ[VARIABLE] = choose_gl(os.environ)
