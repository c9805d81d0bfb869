"""Rehearsal skills: the words and promises of the real ones, on a robot that pretends.

They need no policy and no physics: the base glides, an object is held because the
stage says so. They show whether a tree, its order of skills and its hand-overs are
right, never whether a policy is any good.
"""

from __future__ import annotations

from configs.schema import RobotConfig
from skills.contract import Skill
from skills.predicates import Hands
from skills.rehearsal_arms import RehearsalGrasp, RehearsalManipulate
from skills.rehearsal_legs import RehearsalBalance, RehearsalWalk
from skills.rehearsal_stage import Stage


def make_rehearsal(robot: RobotConfig, stage: Stage) -> dict[str, Skill]:
    """Return a rehearsal skill for each real one, by name.

    A robot without hands gets the skills of its legs.
    """
    hands = Hands(robot)
    skills: dict[str, Skill] = {
        "walk": RehearsalWalk(robot, stage, hands),
        "balance": RehearsalBalance(robot),
    }
    if robot.has_hands:
        skills["grasp"] = RehearsalGrasp(robot, stage, hands)
        skills["manipulate"] = RehearsalManipulate(robot, stage, hands)
    return skills
