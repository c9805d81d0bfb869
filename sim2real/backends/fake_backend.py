"""A robot without physics, so that a whole task runs without a simulator.

It is a fake and says so: joints follow their targets with a lag, the base glides where
`move_base` sends it, and an object is held because `attach` says so. Nothing falls
over, nothing collides, no force is ever felt. It answers whether a tree, its order of
skills and its hand-overs are right, never whether a policy is any good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import cos, exp, inf, sin

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig, SceneConfig
from sim2real.backends.pace import Pace
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.rotations import (
    conjugate,
    multiply,
    rotate,
    rotate_inverse,
    wxyz_from_rpy,
)
from sim2real.scenes import Scene, draw_scene

Array = NDArray[np.float64]

CONTROL_DT = 0.02  # [s]
LAG_S = 0.05  # time in which a joint covers 63 % of the way to its target
HAND_B = {
    "left": np.array([0.3, 0.15, 0.1]),
    "right": np.array([0.3, -0.15, 0.1]),
}
"""Where a hand holds things, from the pelvis, in the base frame [m]."""


@dataclass(frozen=True, kw_only=True)
class _Grip:
    pos_b: Array  # [m], (3,)
    quat_b: Array  # wxyz, (4,)


class FakeBackend:
    """Pretends; see the head of this file for what it does not do."""

    def __init__(
        self, robot: RobotConfig, scene: SceneConfig, *, realtime: bool = False
    ) -> None:
        """Take the robot and the scene; `realtime` makes `step` wait for the clock."""
        self.robot = robot
        self.control_dt = CONTROL_DT
        self._scene_config = scene
        self._pace = Pace(CONTROL_DT) if realtime else None
        self._scene: Scene | None = None
        self._ticks = 0
        self._joint_pos = robot.default_joint_pos.copy()
        self._joint_vel = np.zeros(len(robot.joint_names))
        self._base_pos_w = np.zeros(3)
        self._yaw = self._pitch = 0.0
        self._quat = self._measured_quat()
        self._velocity_b = (0.0, 0.0, 0.0)
        self._objects: dict[str, ObjectState] = {}
        self._grips: dict[str, _Grip] = {}
        self._hidden: dict[str, float] = {}  # until when [s]

    def reset(self, seed: int) -> RobotState:
        """Draw the scene from `seed`; the robot appears at its start."""
        scene = draw_scene(self._scene_config, np.random.default_rng(seed))
        self._scene = scene
        self._ticks = 0
        self._joint_pos = self.robot.default_joint_pos.copy()
        self._joint_vel = np.zeros(len(self.robot.joint_names))
        start = scene.start
        self._base_pos_w = np.array([start.x, start.y, self.robot.standing_height])
        self._yaw, self._pitch = start.yaw, 0.0
        self._quat = self._measured_quat()
        self._velocity_b = (0.0, 0.0, 0.0)
        self._objects = {thing.name: thing.at_rest() for thing in scene.objects}
        self._grips = {}
        self._hidden = {}
        if self._pace is not None:
            self._pace.start()
        return self._state()

    def step(self, command: JointCommand) -> RobotState:
        """Let the joints lag after `command` and the base glide, for one period."""
        self._check_running()
        self._follow(command)
        self._glide()
        for name in self._grips:
            self._carry(name)
        self._ticks += 1
        if self._pace is not None:
            self._pace.wait()
        return self._state()

    def objects(self) -> Mapping[str, ObjectState]:
        """Return every object by name, unless it is hidden."""
        objects, now = self.true_objects(), self._ticks * self.control_dt
        hidden = {name for name, until in self._hidden.items() if now < until}
        return {n: thing for n, thing in objects.items() if n not in hidden}

    def close(self) -> None:
        """Stop; a reset starts again."""
        self._scene = None

    @property
    def scene(self) -> Scene:
        """The scene as drawn for this run."""
        self._check_running()
        assert self._scene is not None
        return self._scene

    def move_base(self, vx: float, vy: float, wz: float) -> None:
        """Glide with this velocity, base frame [m/s, m/s, rad/s], until told anew."""
        self._velocity_b = (vx, vy, wz)

    def attach(self, name: str, side: str, pos_b: Array | None = None) -> None:
        """Hold an object in a hand: from the next step it moves with the base.

        Args:
            name: of a loose object.
            side: `left` or `right`.
            pos_b: where to hold it, base frame [m], (3,); before that hand by default.
                Call again to move it.

        Raises:
            BackendError: if there is no such loose object or no such hand.
        """
        loose = [thing.name for thing in self._objects.values() if thing.movable]
        if name not in loose or side not in HAND_B:
            raise BackendError(
                f"cannot attach '{name}' to the {side} hand. Loose objects: "
                f"{', '.join(loose) or 'none'}; hands: {', '.join(HAND_B)}."
            )
        self._grips[name] = _Grip(
            pos_b=HAND_B[side] if pos_b is None else pos_b,
            quat_b=multiply(conjugate(self._quat), self._objects[name].quat_wxyz),
        )

    def detach(self, name: str) -> None:
        """Let go of an object: it is at once at rest on what is under its centre.

        Raises:
            BackendError: if it is not held.
        """
        if name not in self._grips:
            raise BackendError(
                f"cannot detach '{name}': it is not held. "
                f"Held: {', '.join(self._grips) or 'nothing'}."
            )
        del self._grips[name]
        thing = self._objects[name]
        top = self._support_below(thing)
        pos_w = np.array([*thing.pos_w[:2], top + thing.half_size[2]])
        self._objects[name] = replace(thing, pos_w=pos_w, lin_vel_w=np.zeros(3))

    # --- meddling, for evaluation; in the words of the simulation ---------------------

    def true_state(self) -> RobotState:
        """Return the state; a fake robot's senses do not err."""
        self._check_running()
        return self._state()

    def true_objects(self) -> Mapping[str, ObjectState]:
        """Return every object by name, also what is hidden."""
        self._check_running()
        return dict(self._objects)

    def push(self, delta_velocity_w: Array) -> None:
        """Do nothing: no force is ever felt here."""

    def move_object(self, name: str, pos_w: Array) -> None:
        """Stand a loose object somewhere else; no hand holds it then.

        Raises:
            BackendError: if there is no such loose object.
        """
        self._check_known(name, loose=True)
        self._grips.pop(name, None)
        thing = self._objects[name]
        self._objects[name] = replace(
            thing, pos_w=np.array(pos_w, dtype=float), lin_vel_w=np.zeros(3)
        )

    def strike_object(self, name: str, velocity_w: Array, force: float) -> None:
        """Take a loose object out of the hand, if one holds it: see `detach`.

        Raises:
            BackendError: if there is no such loose object.
        """
        self._check_known(name, loose=True)
        if name in self._grips:
            self.detach(name)

    def hide_object(self, name: str, for_s: float = inf) -> None:
        """Report an object no more, for some time [s] or until the next reset.

        Raises:
            BackendError: if there is no such object.
        """
        self._check_known(name, loose=False)
        self._hidden[name] = self._ticks * self.control_dt + for_s

    def tip(self, pitch: float) -> None:
        """Lean forward by an angle [rad] until the next reset; nothing falls here."""
        self._pitch = pitch
        self._quat = self._measured_quat()

    def _check_known(self, name: str, *, loose: bool) -> None:
        objects = self.true_objects().values()
        known = [o.name for o in objects if o.movable or not loose]
        if name not in known:
            raise BackendError(
                f"the fake backend cannot meddle with '{name}'. "
                f"Known: {', '.join(known) or 'none'}."
            )

    def _support_below(self, thing: ObjectState) -> float:
        tops = [0.0]
        for other in self._objects.values():
            away = rotate_inverse(other.quat_wxyz, thing.pos_w - other.pos_w)
            inside = np.all(np.abs(away[:2]) <= other.half_size[:2])
            if inside and other.name != thing.name:
                tops.append(float(other.pos_w[2] + other.half_size[2]))
        return max((top for top in tops if top <= thing.pos_w[2]), default=0.0)

    def _follow(self, command: JointCommand) -> None:
        low, high = self.robot.joint_range.T
        target = np.clip(command.joint_pos, low, high)
        reach = self.robot.velocity_limit * self.control_dt
        lag = 1.0 - exp(-self.control_dt / LAG_S)
        moved = np.clip((target - self._joint_pos) * lag, -reach, reach)
        self._joint_vel = moved / self.control_dt
        self._joint_pos = self._joint_pos + moved

    def _glide(self) -> None:
        vx, vy, wz = self._velocity_b
        velocity_w = _turned(vx, vy, self._yaw + wz * self.control_dt / 2)
        self._base_pos_w = self._base_pos_w + velocity_w * self.control_dt
        if wz != 0.0:
            self._yaw += wz * self.control_dt
            self._quat = self._measured_quat()

    def _carry(self, name: str) -> None:
        grip, thing, quat = self._grips[name], self._objects[name], self._quat
        pos_w = self._base_pos_w + rotate(quat, grip.pos_b)
        self._objects[name] = replace(
            thing,
            pos_w=pos_w,
            quat_wxyz=multiply(quat, grip.quat_b),
            lin_vel_w=(pos_w - thing.pos_w) / self.control_dt,
        )

    def _measured_quat(self) -> Array:
        angles = (np.array(angle) for angle in (0.0, self._pitch, self._yaw))
        quat: Array = wxyz_from_rpy(*angles)
        return quat

    def _state(self) -> RobotState:
        vx, vy, wz = self._velocity_b
        return RobotState(
            time=self._ticks * self.control_dt,
            joint_pos=self._joint_pos.copy(),
            joint_vel=self._joint_vel.copy(),
            joint_effort=np.zeros(len(self.robot.joint_names)),
            base_pos_w=self._base_pos_w.copy(),
            base_quat_wxyz=self._quat.copy(),
            base_lin_vel_w=_turned(vx, vy, self._yaw),
            base_ang_vel=np.array([0.0, 0.0, wz]),
        )

    def _check_running(self) -> None:
        if self._scene is None:
            raise BackendError("the fake backend is not running; call reset first.")


def _turned(vx: float, vy: float, yaw: float) -> Array:
    """Return a velocity of the base in the world [m/s], (3,)."""
    c, s = cos(yaw), sin(yaw)
    return np.array([c * vx - s * vy, s * vx + c * vy, 0.0])
