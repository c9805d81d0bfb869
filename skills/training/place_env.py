"""Many arms learning to put a held cup down, on batched MuJoCo."""

from __future__ import annotations

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig
from skills.training.hand_env import HandEnv
from skills.training.place_task import PlaceTask


class PlaceEnv(HandEnv):
    """A HandEnv that begins with the cup in the hand."""

    practice = PlaceTask
    task: PlaceTask

    def __init__(
        self, robot: RobotConfig, config: HandTrainingConfig, threads: int = 2
    ) -> None:
        """Let the expert grasp every cup a few times, then put it into the hand."""
        super().__init__(robot, config, threads)
        self.task.fill_bank(self.restart, self.drive)
        self.restart()
