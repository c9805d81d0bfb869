"""Show a run in a web page, on this computer or another, without a GPU."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout

import numpy as np
import viser

from app.control_loop import Assembly, Moment
from app.drawing import Drawing
from app.operators.desk import Desk
from app.operators.panel import Panel
from app.result import EpisodeResult
from planners.display import as_text
from planners.planner import TaskState

PERIOD_S = 0.05  # robot time between two pictures [s]
HELD_UP = (TaskState.PAUSED, TaskState.STOPPING)


class Viewer:
    """Serves the page from the moment it is made until `close`.

    Attributes:
        panel: the operator's buttons.
    """

    def __init__(
        self,
        draw: Callable[[Assembly], Drawing],
        desk: Desk,
        *,
        host: str = "0.0.0.0",
        port: int = 8080,
    ) -> None:
        """Open the page; the next free port is taken if this one is not free.

        Args:
            draw: gives the shapes of an episode.
            desk: where the buttons put what they ask for.
            host: 0.0.0.0 lets other computers in, 127.0.0.1 only this one.
            port: of the page.
        """
        self._draw = draw
        with _quietly():
            self._server = viser.ViserServer(host=host, port=port, verbose=False)
        self._server.scene.set_up_direction("+z")
        self._server.gui.set_panel_label("Praxis")
        gui = self._server.gui
        self.panel = Panel(
            desk,
            pause=gui.add_button("Pause"),
            go_on=gui.add_button("Go on"),
            stop=gui.add_button("Stop safely", color="red"),
        )
        self._signals = self._server.gui.add_markdown("")
        self._tree = self._server.gui.add_markdown("waiting for the robot")
        self._drawing: Drawing | None = None
        self._bodies: dict[str, viser.FrameHandle] = {}
        self._due = 0.0

    @property
    def port(self) -> int:
        """The port of the page."""
        return self._server.get_port()

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses of the page: from here, and from another computer."""
        names = ("localhost", socket.gethostname())
        return tuple(f"http://{name}:{self.port}" for name in names)

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Show a new scene."""
        scene = self._server.scene
        scene.reset()
        scene.add_grid(
            "/floor",
            infinite_grid=True,
            fade_distance=15.0,
            cell_size=0.25,
            shadow_opacity=0.35,
        )
        scene.configure_default_lights(cast_shadow=True)
        self._drawing = drawing = self._draw(assembly)
        self._bodies = {
            body: scene.add_frame(f"/{body}", show_axes=False)
            for body in dict.fromkeys(shape.body for shape in drawing.shapes)
        }
        for shape in drawing.shapes:
            vertices, faces = shape.mesh
            scene.add_mesh_simple(
                f"/{shape.body}/{shape.name}",
                vertices,
                faces,
                color=shape.color,
                position=shape.pos,
                wxyz=shape.quat_wxyz,
                flat_shading=len(vertices) == 8,  # a box has edges
            )
        self._look_at(moment)
        self._due = moment.snapshot.time
        self.tick(moment)

    def tick(self, moment: Moment) -> None:
        """Show this tick if a picture is due."""
        if self._drawing is None or moment.snapshot.time < self._due - 1e-9:
            return
        self._due += PERIOD_S
        poses = self._drawing.poses(moment.snapshot)
        with self._server.atomic():
            for body, frame in self._bodies.items():
                if body in poses:
                    frame.position, frame.wxyz = poses[body]
            self.panel.show(moment.status.state)
            self._signals.content = signals_text(moment)
            self._tree.content = f"```text\n{as_text(moment.root)}\n```"

    def end(self, result: EpisodeResult) -> None:
        """Show how it ended."""
        self.panel.show(TaskState.SUCCESS if result.success else TaskState.FAILURE)
        self._signals.content = f"**{result.sentence}**"

    def close(self) -> None:
        """Take the page down."""
        with _quietly():
            self._server.stop()

    def _look_at(self, moment: Moment) -> None:
        x, y, z = (float(value) for value in moment.snapshot.state.base_pos_w)
        camera = self._server.initial_camera
        camera.position = (x - 1.8, y - 2.4, z + 1.0)
        camera.look_at = (x + 0.4, y, z)


def _quietly() -> AbstractContextManager[object]:
    """Keep the server's own banner away; the address is printed by whoever asked."""
    return redirect_stdout(io.StringIO())


def signals_text(moment: Moment) -> str:
    """Return the main signals as a table for a person."""
    state = moment.snapshot.state
    speed = float(np.linalg.norm(state.base_lin_vel_w[:2]))
    turn = float(state.base_ang_vel[2])
    status = moment.status
    rows = {
        "state": status.sentence if status.state in HELD_UP else status.state.value,
        "time": f"{state.time:.2f} s",
        "step": status.step,
        "base": f"{speed:.2f} m/s, {turn:+.2f} rad/s, {state.base_pos_w[2]:.2f} m high",
        "skills": ", ".join(moment.active) or "none",
        "safety": moment.reaction.value,
    }
    if moment.events:
        rows["last event"] = moment.events[-1].text
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])
