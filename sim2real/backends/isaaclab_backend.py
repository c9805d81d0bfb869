"""The robot in Isaac Lab 3: PhysX where Isaac Sim is installed, else Newton."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig, SceneConfig
from sim2real.backends.pace import Pace
from sim2real.isaaclab.installed import physics_engine, require_isaaclab
from sim2real.mujoco_model import CONTROL_DT
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.scenes import Scene, draw_scene

if TYPE_CHECKING:
    from sim2real.isaaclab.mirror import Mirror
    from sim2real.isaaclab.world import World

Array = NDArray[np.float64]


class IsaacLabBackend:
    """One robot in a scene; `IsaacLabRobots` moves several in lock-step."""

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        *,
        physics: str | None = None,
        device: str = "cpu",
        realtime: bool = False,
    ) -> None:
        """Take the robot and the scene; nothing is built before `reset`.

        Args:
            robot: from `load_robot`.
            scene: from `load_scene`; every reset draws its ranges anew.
            physics: `newton`, `newton-warp`, `physx`, or None for what is there.
            device: `cpu`, `cuda:0` ...
            realtime: wait in `step`, so that `state.time` keeps up with a clock.

        Raises:
            ConfigError: if Isaac Lab or its physics is not installed.
        """
        self._robots = IsaacLabRobots(
            robot, scene, count=1, physics=physics, device=device
        )
        self._pace = Pace(CONTROL_DT) if realtime else None
        self._mirror: Mirror | None = None
        self._hidden: set[str] = set()
        self.robot = robot
        self.control_dt = CONTROL_DT

    def reset(self, seed: int) -> RobotState:
        """Draw the scene from `seed` and stand the robot at its start."""
        from sim2real.isaaclab.mirror import Mirror

        state = self._robots.reset(seed)[0]
        self._mirror = Mirror(self.robot, self.scene)
        self._mirror.show(state, self.true_objects())
        self._hidden.clear()
        if self._pace is not None:
            self._pace.start()
        return state

    def step(self, command: JointCommand) -> RobotState:
        """Apply `command` for one control period.

        Raises:
            BackendError: if the command or the simulation is not finite.
        """
        state = self._robots.step([command])[0]
        self._shown().show(state, self.true_objects())
        if self._pace is not None:
            self._pace.wait()
        return state

    def objects(self) -> Mapping[str, ObjectState]:
        """Return every object by name, unless it is hidden."""
        objects = self.true_objects()
        return {n: thing for n, thing in objects.items() if n not in self._hidden}

    def close(self) -> None:
        """Drop the simulation."""
        self._robots.close()
        self._mirror = None

    @property
    def model(self) -> Any:
        """A MuJoCo model of this run's world, for viewers and judges."""
        return self._shown().model

    @property
    def data(self) -> Any:
        """Where everything is now in that model."""
        return self._shown().data

    @property
    def scene(self) -> Scene:
        """The scene as drawn for this run."""
        return self._robots.scene

    def true_state(self) -> RobotState:
        """Return the state; this engine measures without noise."""
        return self._robots.states()[0]

    def true_objects(self) -> Mapping[str, ObjectState]:
        """Return the objects; this engine perceives without noise."""
        return self._robots.objects()[0]

    def place(self, state: RobotState) -> RobotState:
        """See `MujocoBackend.place`."""
        return self._robots.place([state])[0]

    def push(self, delta_velocity_w: Array) -> None:
        """See `MujocoBackend.push`."""
        self._robots.push(delta_velocity_w)

    def move_object(self, name: str, pos_w: Array) -> None:
        """See `MujocoBackend.move_object`."""
        loose = [n for n, thing in self.true_objects().items() if thing.movable]
        _check_known(name, loose)
        self._robots.move_object(name, pos_w)

    def strike_object(self, name: str, velocity_w: Array, force: float) -> None:
        """Refuse: this engine drives no object.

        Raises:
            BackendError: always.
        """
        raise BackendError(
            f"the isaaclab backend cannot strike '{name}'; rehearse this disturbance "
            "with --backend mujoco."
        )

    def hide_object(self, name: str) -> None:
        """See `MujocoBackend.hide_object`."""
        _check_known(name, list(self.true_objects()))
        self._hidden.add(name)

    def differences(self) -> list[str]:
        """Return what the engine's articulation has otherwise than the robot's YAML."""
        return self._robots.differences()

    def _shown(self) -> Mirror:
        if self._mirror is None:
            raise BackendError("the isaaclab backend is not running; call reset first.")
        return self._mirror


class IsaacLabRobots:
    """N robots, each in the same scene of its own, one step at a time."""

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        *,
        count: int,
        physics: str | None = None,
        device: str = "cpu",
    ) -> None:
        """See `IsaacLabBackend`; `count` robots are moved together.

        Raises:
            ConfigError: if Isaac Lab or its physics is not installed.
        """
        require_isaaclab()
        if count < 1:
            raise ConfigError(f"{count} robots: there has to be one at least.")
        self.robot = robot
        self.count = count
        self._physics = physics_engine(physics)
        self._device = device
        self._scene_config = scene
        self._world: World | None = None
        self._ticks = 0

    def reset(self, seed: int) -> list[RobotState]:
        """Draw the scene from `seed`; every robot stands at its start in it."""
        from sim2real.isaaclab.world import World
        from sim2real.usd.cache import scene_usd

        scene = draw_scene(self._scene_config, np.random.default_rng(seed))
        usd = str(scene_usd(self._scene_config, seed))
        if self._world is None or not self._world.fits(usd):
            self.close()
            self._world = World(
                self.robot,
                scene,
                usd,
                count=self.count,
                physics=self._physics,
                device=self._device,
            )
            self._check_robot()
        self._ticks = 0
        self._world.stand(scene)
        return self.states()

    def _check_robot(self) -> None:
        """Refuse an articulation that is not the robot of the YAML."""
        if found := self.differences():
            self.close()
            raise BackendError(
                f"the robot in Isaac Lab is not {self.robot.name}: {found[0]} (one of "
                f"{len(found)} differences). Remove the cached USD, or mend the MJCF."
            )

    def step(self, commands: Sequence[JointCommand]) -> list[RobotState]:
        """Apply one command to each robot for one control period.

        Raises:
            BackendError: if a command or the simulation is not finite.
        """
        world = self._running()
        if len(commands) != self.count:
            raise BackendError(
                f"{len(commands)} commands for {self.count} robots; give each one."
            )
        for command in commands:
            _check_finite(self.robot, command)
        world.advance(commands)
        self._ticks += 1
        states = self.states()
        if not all(np.isfinite(state.joint_pos).all() for state in states):
            raise BackendError(
                f"the simulation blew up within {self._ticks} control periods of the "
                "reset: positions are not finite. Lower the gains, then reset."
            )
        return states

    def states(self) -> list[RobotState]:
        """Return what each robot measures."""
        time = self._ticks * CONTROL_DT
        return [replace(state, time=time) for state in self._running().states()]

    def objects(self) -> list[Mapping[str, ObjectState]]:
        """Return every robot's objects by name."""
        return self._running().objects()

    def place(self, states: Sequence[RobotState]) -> list[RobotState]:
        """Put each robot into a state at once; no time passes."""
        self._running().place(states)
        return self.states()

    def push(self, delta_velocity_w: Array) -> None:
        """Add a velocity to every base at once [m/s], (3,)."""
        self._running().push(delta_velocity_w)

    def move_object(self, name: str, pos_w: Array) -> None:
        """Stand a loose object upright somewhere else, at rest, in every scene."""
        self._running().move(name, pos_w)

    def differences(self) -> list[str]:
        """Return what the articulation has otherwise than the robot's YAML."""
        return self._running().differences()

    @property
    def scene(self) -> Scene:
        """The scene as drawn for this run."""
        return self._running().scene

    def close(self) -> None:
        """Drop the simulation."""
        if self._world is not None:
            self._world.close()
            self._world = None

    def _running(self) -> Any:
        if self._world is None:
            raise BackendError("the isaaclab backend is not running; call reset first.")
        return self._world


def _check_known(name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise BackendError(
            f"the isaaclab backend cannot meddle with '{name}'. "
            f"Known: {', '.join(known) or 'none'}."
        )


def _check_finite(robot: RobotConfig, command: JointCommand) -> None:
    for word, values in vars(command).items():
        if not np.isfinite(values).all():
            joint = robot.joint_names[int(np.argmin(np.isfinite(values)))]
            raise BackendError(
                f"the command holds a {word} that is not finite, for {joint}; "
                "nothing was sent. Look at the skill that owns this joint."
            )
