"""The robot in MuJoCo: the default backend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import ceil

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig, SceneConfig
from sim2real.backends.imperfections import (
    Biases,
    Imperfections,
    ReadingTimes,
    Sensors,
)
from sim2real.backends.mujoco_motors import PlainMotors, WornMotors
from sim2real.backends.mujoco_simulation import Simulation
from sim2real.backends.pace import Pace
from sim2real.mujoco_ground import change_ground
from sim2real.mujoco_model import CONTROL_DT, PHYSICS_DT, robot_spec
from sim2real.mujoco_parameters import add_payload, change_robot
from sim2real.mujoco_scene import add_scene
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.robot_parameters import RobotParameters
from sim2real.scenes import Scene, draw_scene

Array = NDArray[np.float64]


class MujocoBackend:
    """A simulated robot in a scene; same seed and commands, same run to the bit."""

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        *,
        physics_dt: float = PHYSICS_DT,
        control_dt: float = CONTROL_DT,
        imperfections: Imperfections | None = None,
        payload: Mapping[str, float] | None = None,
        parameters: RobotParameters | None = None,
        realtime: bool = False,
    ) -> None:
        """Take the robot and the scene; nothing is built before `reset`.

        Args:
            robot: from `load_robot`.
            scene: from `load_scene`; every reset draws its ranges anew.
            physics_dt: a whole fraction of the control period [s].
            control_dt: time from one command to the next [s]; shorter for a virtual
                robot, which measures more often than it is commanded.
            imperfections: sensor noise and delays; none by default.
            payload: extra mass at a grasp site, by side (`left`, `right`) [kg].
            parameters: how this very robot differs from the nominal one.
            realtime: wait in `step`, so that `state.time` keeps up with a clock.

        Raises:
            ConfigError: if `physics_dt`, `payload` or `parameters` cannot be used.
        """
        self.robot = robot
        self.control_dt = control_dt
        self._scene_config = scene
        self._physics_dt = physics_dt
        self._decimation = _decimation(physics_dt, control_dt)
        self._imperfections = imperfections or Imperfections()
        self._parameters = _checked(robot, parameters)
        self._payload = _by_site(robot, payload or {})
        self._pace = Pace(control_dt) if realtime else None
        self._simulation: Simulation | None = None
        self._sensors = Sensors(self._imperfections, np.random.default_rng(0))
        self._readings: ReadingTimes | None = None
        self._seen: Mapping[str, ObjectState] = {}
        self._hidden: set[str] = set()

    def reset(self, seed: int) -> RobotState:
        """Draw the scene from `seed` and stand the robot at its start."""
        scene = draw_scene(self._scene_config, np.random.default_rng(seed))
        spec = robot_spec(self.robot)
        spec.option.timestep = self._physics_dt
        add_scene(spec, scene)
        add_payload(spec, self._payload)
        rng = np.random.default_rng([seed, 1])
        if self._parameters is None:
            self._build_nominal(scene, spec, rng)
        else:
            self._build_concrete(scene, spec, rng, self._parameters, seed)
        self._hidden.clear()
        if self._pace is not None:
            self._pace.start()
        return self._measure()

    def step(self, command: JointCommand) -> RobotState:
        """Apply `command` for one control period.

        Raises:
            BackendError: if the command or the simulation is not finite.
        """
        self._check_finite(command)
        simulation = self._running()
        simulation.send(command)
        simulation.advance(self._decimation)
        if self._pace is not None:
            self._pace.wait()
        return self._measure()

    def objects(self) -> Mapping[str, ObjectState]:
        """Return what perception reported with the last state, by name."""
        self._running()
        return {n: thing for n, thing in self._seen.items() if n not in self._hidden}

    def close(self) -> None:
        """Drop the simulation."""
        self._simulation = None

    @property
    def model(self) -> mujoco.MjModel:
        """The compiled model of this run, for viewers and judges."""
        return self._running().model

    @property
    def data(self) -> mujoco.MjData:
        """The simulation data of this run, for viewers and judges."""
        return self._running().data

    @property
    def scene(self) -> Scene:
        """The scene as drawn for this run."""
        return self._running().scene

    def true_state(self) -> RobotState:
        """Return the state without noise or delay, for judges."""
        simulation = self._running()
        ticks = simulation.steps // self._decimation
        return simulation.state(ticks * self.control_dt)

    def true_objects(self) -> Mapping[str, ObjectState]:
        """Return the objects without noise or delay, for judges."""
        return self._running().objects()

    def place(self, state: RobotState) -> RobotState:
        """Put the robot into a state at once, for evaluation; no time passes.

        Args:
            state: with everything but its time and efforts; joints take their own
                positions as targets.

        Returns:
            what is measured then.
        """
        self._running().place(state)
        return self._measure()

    def push(self, delta_velocity_w: Array) -> None:
        """Add a velocity to the base at once [m/s], (3,): a shove, for evaluation."""
        self._running().push(delta_velocity_w)

    def move_object(self, name: str, pos_w: Array) -> None:
        """Stand a loose object upright somewhere else, for evaluation.

        Args:
            name: of the object; it keeps its yaw and comes to rest.
            pos_w: of its centre [m], (3,).

        Raises:
            BackendError: if there is no such loose object.
        """
        self._check_loose(name)
        self._running().move(name, pos_w)

    def strike_object(self, name: str, velocity_w: Array, force: float) -> None:
        """Drive a loose object during the next step, for evaluation.

        What hits it is as strong as `force` and does not outrun `velocity_w`; a hand
        that holds it feels the pull. Nothing else about the physics changes.

        Args:
            name: of the object.
            velocity_w: which way, and how fast at most [m/s], (3,).
            force: at most [N].

        Raises:
            BackendError: if there is no such loose object.
        """
        self._check_loose(name)
        self._running().strike(name, velocity_w, force)

    def hide_object(self, name: str) -> None:
        """Let perception report an object no more, until the next reset.

        Raises:
            BackendError: if there is no such object.
        """
        _check_known(name, self.true_objects())
        self._hidden.add(name)

    def _check_loose(self, name: str) -> None:
        objects = self.true_objects()
        _check_known(name, {n: thing for n, thing in objects.items() if thing.movable})

    def _build_nominal(
        self, scene: Scene, spec: mujoco.MjSpec, rng: np.random.Generator
    ) -> None:
        delay = self._imperfections.command_delay_steps
        self._simulation = Simulation(
            self.robot,
            scene,
            spec.compile(),
            make_motors=partial(PlainMotors, delay_steps=delay),
        )
        self._sensors = Sensors(self._imperfections, rng)

    def _build_concrete(
        self,
        scene: Scene,
        spec: mujoco.MjSpec,
        rng: np.random.Generator,
        parameters: RobotParameters,
        seed: int,
    ) -> None:
        change_robot(spec, self.robot, parameters)
        add_payload(spec, _held(self.robot, parameters), "held")
        ground = change_ground(
            spec, scene, parameters, np.random.default_rng([seed, 2])
        )
        most = parameters.observation_delay_s + parameters.jitter_s
        if most > 0.0:
            late = np.random.default_rng([seed, 4])
            self._readings = ReadingTimes(parameters, late)
        self._simulation = Simulation(
            self.robot,
            scene,
            spec.compile(),
            make_motors=partial(
                WornMotors,
                parameters=parameters,
                rng=np.random.default_rng([seed, 3]),
                delay_steps=self._imperfections.command_delay_steps,
            ),
            ground=ground,
            remembered_steps=ceil(most / self._physics_dt),
        )
        self._sensors = Sensors(
            self._imperfections.with_noise_of(parameters), rng, Biases.of(parameters)
        )

    def _measure(self) -> RobotState:
        state, self._seen = self._sensors.measure(*self._at_the_sensors())
        return state

    def _at_the_sensors(self) -> tuple[RobotState, Mapping[str, ObjectState]]:
        """Return the truth that has reached the sensors by now."""
        truth = self.true_state()
        if self._readings is None:
            return truth, self.true_objects()
        age = self._readings.age(truth.time)
        return self._running().seen(age / self._physics_dt, truth.time)

    def _running(self) -> Simulation:
        if self._simulation is None:
            raise BackendError("the mujoco backend is not running; call reset first.")
        return self._simulation

    def _check_finite(self, command: JointCommand) -> None:
        for word, values in vars(command).items():
            if not np.isfinite(values).all():
                joint = self.robot.joint_names[int(np.argmin(np.isfinite(values)))]
                raise BackendError(
                    f"the command holds a {word} that is not finite, for {joint}; "
                    "nothing was sent. Look at the skill that owns this joint."
                )


def _check_known(name: str, known: Mapping[str, ObjectState]) -> None:
    if name not in known:
        raise BackendError(
            f"the mujoco backend cannot meddle with '{name}'. "
            f"Known: {', '.join(known) or 'none'}."
        )


def _decimation(physics_dt: float, control_dt: float) -> int:
    steps = round(control_dt / physics_dt) if physics_dt > 0 else 0
    if steps < 1 or abs(steps * physics_dt - control_dt) > 1e-9:
        raise ConfigError(
            f"physics_dt {physics_dt} s must divide the control period of {control_dt} "
            f"s into whole steps, such as {PHYSICS_DT} s."
        )
    return steps


def _checked(
    robot: RobotConfig, parameters: RobotParameters | None
) -> RobotParameters | None:
    """Return what differs, or None if nothing does."""
    if parameters is None or parameters.is_nominal:
        return None
    if parameters.joint_names != robot.joint_names:
        raise ConfigError(
            f"the robot parameters are of {len(parameters.joint_names)} joints, "
            f"{robot.name} has {len(robot.joint_names)} in another order or of other "
            "names. Load them for this robot."
        )
    _held(robot, parameters)
    change_robot(robot_spec(robot), robot, parameters)  # raises what reset would
    return parameters


def _held(robot: RobotConfig, parameters: RobotParameters) -> dict[str, float]:
    loads = {side: mass for side, mass in parameters.payload.items() if mass > 0}
    return _by_site(robot, loads)


def _by_site(robot: RobotConfig, payload: Mapping[str, float]) -> dict[str, float]:
    """Return the masses [kg] by the name of the grasp site that carries them."""
    sites = {"left": robot.sites.left_grasp, "right": robot.sites.right_grasp}
    masses = {}
    for side, mass in payload.items():
        site = sites.get(side)
        if site is None:
            raise ConfigError(
                f"payload on side '{side}': {robot.name} has no grasp site there. "
                f"Known: {', '.join(s for s in sites if sites[s]) or 'none'}."
            )
        if mass <= 0:
            raise ConfigError(f"payload {side}: expected more than 0 kg, got {mass}.")
        masses[site] = mass
    return masses
