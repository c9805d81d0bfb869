"""Which robot a run is on: `hidden:SEED`, or what was identified."""

from __future__ import annotations

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.identified import load_identified
from sim2real.randomization import HIDDEN, hidden_robot
from sim2real.robot_parameters import RobotParameters


def choose_robot(word: str | None, robot: RobotConfig) -> RobotParameters | None:
    """Return the parameters of the robot that a person asked for.

    Args:
        word: `hidden:SEED`; a name in configs/identified, or a YAML file; None: the
            nominal robot.
        robot: the robot.

    Raises:
        ConfigError: if there is no such robot, or it is another one.
    """
    if word is None:
        return None
    kind, sign, seed = word.partition(":")
    if kind == HIDDEN and sign:
        if not seed.isdecimal():
            raise ConfigError(
                f"--robot-parameters {word}: expected a seed of 0 or more, such as "
                f"{HIDDEN}:3."
            )
        return hidden_robot(robot, int(seed))
    if word == HIDDEN:
        raise ConfigError(
            f"--robot-parameters {word}: which one? Name its seed: {HIDDEN}:3."
        )
    return load_identified(word).robot_parameters(robot)
