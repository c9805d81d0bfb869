"""Write a run into an MP4 file, drawn off screen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from app.truth import Physics
from app.video_gl import VideoError
from sim2real.surroundings import Surroundings

WIDTH, HEIGHT = 1280, 720  # [pixels]
FRAME_RATE = 30  # [1/s]
DISTANCE = 2.9  # from the camera to what it looks at [m]
AZIMUTH, ELEVATION = 128.0, -16.0  # [degrees]
AHEAD = 0.35  # the camera looks this far before the pelvis [m]
EYE_LEVEL = 0.72  # height of what it looks at [m]
FOLLOW = 0.06  # share of the way to the robot that the camera goes in a frame


class Video:
    """Records one episode; the camera follows the robot softly."""

    def __init__(self, path: Path, place: Surroundings | None = None) -> None:
        """Check that a video can be written.

        Args:
            path: of the file.
            place: whose lamps and camera it is drawn with.

        Raises:
            VideoError: saying what to install.
        """
        try:
            import imageio_ffmpeg
        except ImportError:
            raise VideoError(
                "no video: imageio-ffmpeg is missing. "
                "Install it: pip install 'praxis[video]'."
            ) from None
        self._path = path
        self._place = place or Surroundings()
        self._rng = np.random.default_rng(0)  # of the camera's noise
        self._write_frames: Callable[..., Generator[None, Any, None]]
        self._write_frames = imageio_ffmpeg.write_frames
        self._writer: Generator[None, Any, None] | None = None
        self._renderer: Any = None
        self._camera: Any = None
        self._physics: Physics | None = None
        self._frames = 0

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Set up camera and file.

        Raises:
            VideoError: if OpenGL cannot be used.
        """
        import mujoco

        self._physics = physics = cast(Physics, assembly.backend)
        try:
            self._renderer = mujoco.Renderer(physics.model, HEIGHT, WIDTH)
        except Exception as error:  # each OpenGL platform has its own
            reason = " ".join(str(error).split())[:120]
            raise VideoError(f"no video: OpenGL cannot be used ({reason}).") from None
        if self._place != Surroundings():
            from sim2real.mujoco_light import light_up

            light_up(physics.model, physics.data, self._place)
        self._rng = np.random.default_rng([seed, 8])
        self._camera = mujoco.MjvCamera()
        self._camera.distance = DISTANCE
        self._camera.azimuth, self._camera.elevation = AZIMUTH, ELEVATION
        self._camera.lookat = _point_of_interest(moment)
        self._frames = 0
        self._writer = self._write_frames(
            str(self._path),
            (WIDTH, HEIGHT),
            fps=FRAME_RATE,
            quality=7,
            macro_block_size=1,
            output_params=["-movflags", "+faststart"],
        )
        self._writer.send(None)

    def tick(self, moment: Moment) -> None:
        """Draw the frames that are due by now."""
        while self._frames <= moment.snapshot.time * FRAME_RATE + 1e-6:
            self._frames += 1
            way = _point_of_interest(moment) - self._camera.lookat
            self._camera.lookat = self._camera.lookat + FOLLOW * way
            self._draw()

    def end(self, result: EpisodeResult) -> None:
        """Nothing more to draw."""

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _draw(self) -> None:
        assert self._physics is not None and self._writer is not None
        self._renderer.update_scene(self._physics.data, self._camera)
        from sim2real.mujoco_light import noisy

        frame: NDArray[np.uint8] = self._renderer.render()
        frame = noisy(frame, self._place, self._rng)
        self._writer.send(np.ascontiguousarray(frame))


def _point_of_interest(moment: Moment) -> NDArray[np.float64]:
    """Return a point a little before the robot, at the height of its hands."""
    state = moment.snapshot.state
    w, x, y, z = (float(value) for value in state.base_quat_wxyz)
    forward = np.array([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 0.0])
    point = state.base_pos_w + AHEAD * forward
    return np.array([point[0], point[1], EYE_LEVEL])
