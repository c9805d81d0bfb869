"""What `praxis prove` measures of a robot in a stage, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass

from app.prove.legs import pushes, walking
from app.prove.stages import Ingredients, Missing, drawn_robot, method_of
from app.prove.tasks import TASKS, Result, task
from configs.loader import load_robot

MEASURES = ("walk", "pushes", *TASKS)
FIRST_EPISODE = 500  # seeds of scenes, apart from those of robots


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One thing to measure; it can be sent to another process."""

    stage: str
    robot: int  # seed of the hidden robot
    measure: str  # one of `MEASURES`
    number: int  # of the episode
    heavy_cup: bool
    ingredients: Ingredients

    @property
    def key(self) -> str:
        """Its name among the records."""
        return key_of(self.stage, self.robot, self.measure, self.number)


def key_of(stage: str, robot: int, measure: str, number: int = 0) -> str:
    """Return the name of one measurement."""
    return f"{stage}/{robot}/{measure}/{number}"


def carry_out(wanted: Measurement) -> Result:
    """Measure, on the robot of its seed with the method of its stage.

    Nothing is left over from one measurement to the next, so that it is the same in
    any order and on any process.

    Raises:
        ConfigError: if the stage lacks something, or a file cannot be used.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    robot = load_robot()
    seed = wanted.robot
    parameters = drawn_robot(robot, seed, wanted.ingredients.weak)
    method = method_of(wanted.stage, robot, seed, wanted.ingredients)
    assert not isinstance(method, Missing)  # nobody asks for what cannot be
    if wanted.measure == "walk":
        return walking(robot, parameters, method, seed)
    if wanted.measure == "pushes":
        return pushes(robot, parameters, method, seed)
    return task(
        wanted.measure,
        robot,
        parameters,
        method,
        FIRST_EPISODE + 100 * seed + wanted.number,
        heavy_cup=wanted.heavy_cup,
    )
