"""Identify a robot from its logs, part by part, and judge that on what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from configs.schema import RobotConfig
from sim2real.identification.fit import Finding, Fit, fit
from sim2real.identification.log_checks import Source, check_sources
from sim2real.identification.parts import PARTS, Each, Part, unknowns_of
from sim2real.identification.problem import Problem
from sim2real.identification.rollouts import Predictor, Signals
from sim2real.identification.unknowns import Unknown, applied
from sim2real.identification.weighing import Weighing, weighings
from sim2real.identification.windows import Window, cut
from sim2real.robot_parameters import RobotParameters

Tell = Callable[[str, int, float], None]  # part, iteration, cost per reading


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """How well one phase that no fit has seen is predicted."""

    window: Window
    nominal: Signals
    identified: Signals

    def error(self, signals: Signals, column: int | None = None) -> float:
        """Return the root mean square error of positions [rad].

        Args:
            signals: one of the two predictions.
            column: of one joint; all that were moved by default.
        """
        columns = self.window.moved if column is None else [column]
        error = self.window.pos[:, columns] - signals.pos[:, columns]
        return float(np.sqrt((error**2).mean()))


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Everything that an identification says."""

    findings: Mapping[Unknown, Finding]
    parameters: RobotParameters  # with what could be told; the rest is nominal
    costs: Mapping[str, float]  # of each part: mean squared weighted residual
    held_out: tuple[HeldOut, ...]
    # Of each series of squats on the ground, nominal and identified.
    weighed: tuple[tuple[Weighing, Weighing], ...] = ()

    def errors(self) -> tuple[float, float]:
        """Return the errors of all held-out positions, nominal and identified [rad]."""
        squares = np.zeros(2)
        for one in self.held_out:
            count = len(one.window.time) * len(one.window.moved)
            errors = (one.error(one.nominal), one.error(one.identified))
            squares += count * np.square(errors)
        total = sum(len(o.window.time) * len(o.window.moved) for o in self.held_out)
        nominal, identified = np.sqrt(squares / max(total, 1))
        return float(nominal), float(identified)


class Finished:
    """Findings of parts that are done, for a fit that goes on another time.

    This one forgets; `app` keeps one in a file.
    """

    def get(self, part: str) -> Mapping[Unknown, Finding] | None:
        """Return what was found of a part, if it is done."""
        return None

    def put(self, part: str, findings: Mapping[Unknown, Finding]) -> None:
        """Keep what was found."""


def identify(
    robot: RobotConfig,
    sources: Sequence[Source],
    *,
    each: Each = "limb",
    gains: bool = False,
    tell: Tell = lambda part, iteration, cost: None,
    finished: Finished | None = None,
) -> Identified:
    """Fit every part that was excited, one after the other.

    Hoisted, the legs do not feel each other nor the arms: fits of parts cost a tenth of
    one fit of the whole. Hands come last, when it is known how the arms hold them.

    Args:
        robot: the robot.
        sources: logs with their phases.
        each: whether the joints of a limb share armature, friction and strength.
        gains: whether the gains of the drives are sought, too; takes efforts.
        tell: told about the progress.
        finished: parts that are done already.

    Raises:
        ExcitationError: if the logs do not hold what a fit needs.
        LogError: if their signals cannot teach anything.
    """
    check_sources(robot, sources, efforts=gains)
    finished = finished or Finished()
    parameters = RobotParameters.nominal(robot)
    findings: dict[Unknown, Finding] = {}
    costs: dict[str, float] = {}
    for part in excited_parts(robot, sources):
        found = finished.get(part.name)
        if found is None:
            problem = Problem(
                robot,
                parameters,
                unknowns_of(robot, part, each=each, gains=gains),
                predictors(robot, sources, part, parameters, held_out=False),
                use_effort=gains,
            )
            result: Fit = fit(problem, _telling(tell, part))
            found, costs[part.name] = result.findings, result.cost
            finished.put(part.name, found)
        findings.update(found)
        told = {one: f.value for one, f in found.items() if f.identifiable}
        parameters = applied(robot, parameters, list(told), list(told.values()))
    return Identified(
        findings=findings,
        parameters=parameters,
        costs=costs,
        held_out=tuple(_judged(robot, sources, parameters)),
        weighed=tuple(
            zip(
                weighings(robot, sources, RobotParameters.nominal(robot)),
                weighings(robot, sources, parameters),
                strict=True,
            )
        ),
    )


def excited_parts(robot: RobotConfig, sources: Sequence[Source]) -> list[Part]:
    """Return the parts of which a joint was moved in a phase that may be fitted."""
    moved = {
        joint
        for source in sources
        for phase in source.sweeps
        if not phase.held_out
        for joint in phase.joints
    }
    return [part for part in PARTS if moved & set(robot.joints_of(*part.groups))]


def predictors(
    robot: RobotConfig,
    sources: Sequence[Source],
    part: Part,
    known: RobotParameters,
    *,
    held_out: bool,
) -> list[Predictor]:
    """Return a predictor for every phase that moves a part.

    Args:
        robot: the robot.
        sources: logs with their phases.
        part: of the robot.
        known: of which the encoder biases say where the other joints really were.
        held_out: whether the phases are those that no fit has seen.
    """
    sought = set(robot.joints_of(*part.groups))
    windows = [
        cut(source.log, robot, phase, part.joints(robot))
        for source in sources
        for phase in source.sweeps
        if phase.held_out == held_out and sought & set(phase.joints)
    ]
    return [
        Predictor(robot, window, pose=window.joint_pos - known.encoder_bias)
        for window in windows
    ]


def _judged(
    robot: RobotConfig, sources: Sequence[Source], parameters: RobotParameters
) -> list[HeldOut]:
    nominal = RobotParameters.nominal(robot)
    judged = []
    for part in excited_parts(robot, sources):
        before, after = (
            predictors(robot, sources, part, known, held_out=True)
            for known in (nominal, parameters)
        )
        judged += [
            HeldOut(
                window=one.window,
                nominal=one.predict([nominal])[0],
                identified=other.predict([parameters])[0],
            )
            for one, other in zip(before, after, strict=True)
        ]
    return judged


def _telling(tell: Tell, part: Part) -> Callable[[int, float], None]:
    return lambda iteration, cost: tell(part.name, iteration, cost)
