"""What a training file may say, with every default in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from configs.schema import Config, Range, Share


class PpoConfig(Config):
    """Settings of PPO (rsl-rl-lib) and of its networks."""

    num_envs: int = 1024
    steps_per_env: int = 24
    hidden: tuple[int, ...] = (256, 128, 64)
    init_std: float = 0.5
    learning_rate: float = 1e-3
    max_learning_rate: float = 3e-3
    desired_kl: float = 0.015
    epochs: int = 4
    mini_batches: int = 4
    clip: float = 0.2
    gamma: float = 0.99
    lam: float = 0.95
    entropy: float = 0.005
    critic_warmup: int = 0  # iterations before the actor learns too
    symmetric: bool = True  # networks that are left-right symmetric by construction


class CommandConfig(Config):
    """Velocity commands that the trainer draws, uniformly."""

    vx: Range = (-0.6, 1.1)  # [m/s]
    vy: Range = (-0.4, 0.4)  # [m/s]
    wz: Range = (-0.8, 0.8)  # [rad/s]
    stand_share: float = 0.12
    straight_share: float = 0.2  # only vx
    turn_share: float = 0.1  # only wz
    hold_s: Range = (3.0, 8.0)  # time between two commands [s]


class LegRandomization(Config):
    """What differs from robot to robot, drawn uniformly for each environment."""

    # Name in configs/randomization, or a file: the robots are drawn from it, and of the
    # keys below only pushes and arms count.
    ranges: str | None = None
    friction: Range = (0.4, 1.2)
    mass_scale: Range = (0.9, 1.1)  # of every link
    torso_mass: Range = (-1.0, 2.0)  # added [kg]
    torso_com: float = 0.03  # shift along each axis, half width [m]
    payload: Range = (0.0, 1.2)  # in one hand, half of the robots [kg]
    stiffness_scale: Range = (0.85, 1.15)
    damping_scale: Range = (0.85, 1.15)
    effort_scale: Range = (0.9, 1.0)
    armature_scale: Range = (0.8, 1.3)
    joint_damping: Range = (0.0, 0.4)  # viscous friction [N m s/rad]
    latency_steps: tuple[int, int] = (0, 4)  # of commands, in physics steps
    encoder_bias: float = 0.01  # half width [rad]
    push_speed: float = 1.2  # largest sudden change of base velocity [m/s]
    push_every_s: Range = (4.0, 8.0)
    push_share: float = 1.0  # of the robots that are pushed
    random_arms_share: float = 0.6  # of the robots: arms in a random pose
    wild_arms_share: float = 0.0  # of the robots: arms anywhere in their range


class CurriculumConfig(Config):
    """How the ranges widen with success and narrow without it."""

    start: Annotated[float, Field(ge=0)] = 0.3  # level: 0 nominal, 1 the whole ranges
    lowest: Annotated[float, Field(ge=0)] = 0.0
    highest: Annotated[float, Field(ge=0)] = 1.0
    step: Annotated[float, Field(gt=0)] = 0.1
    harder_above: Share = 0.8  # success rate
    easier_below: Share = 0.5
    episodes: Annotated[int, Field(ge=1)] = 512  # that a rate is taken over
    patience: Annotated[int, Field(ge=1)] = 2  # rates in a row that have to agree

    @model_validator(mode="after")
    def _check(self) -> CurriculumConfig:
        if not self.lowest <= self.start <= self.highest:
            raise ValueError(
                f"start {self.start} lies outside [{self.lowest}, {self.highest}]"
            )
        if self.easier_below >= self.harder_above:
            raise ValueError(
                f"easier_below {self.easier_below} has to be less than harder_above "
                f"{self.harder_above}, or the level would go up and down for ever"
            )
        return self


class Stage(Config):
    """Settings that hold from some step on, until a later stage changes them."""

    start: int  # steps
    rewards: dict[str, float] = Field(default_factory=dict)  # weights to change
    push_speed: float | None = None  # [m/s]
    keep_standing: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may change from stage to stage of a training."""

    rewards: dict[str, float]  # weights by name
    push_speed: float  # largest sudden change of base velocity [m/s]
    keep_standing: bool  # an episode ends where the run time would step


class LegTrainingConfig(Config):
    """Training of a policy for legs and waist (walk, balance)."""

    skill: str
    seed: int = 1
    total_steps: int = 60_000_000
    episode_s: float = 20.0
    action_scale: float = 0.25  # [rad] for an action of 1
    action_clip: float = 6.0
    moving_arms: bool = False  # simulate the arms' joints (slower), else welded
    keep_standing: bool = False  # an episode ends where the run time would step
    ramp_steps: int = 12_000_000  # penalties and pushes grow from a quarter to full
    reward_floor: float = -0.3
    fall_penalty: float = 2.0
    rewards: dict[str, float] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    commands: CommandConfig = CommandConfig()
    randomization: LegRandomization = LegRandomization()
    curriculum: CurriculumConfig | None = None  # None: the whole ranges from the start
    ppo: PpoConfig = PpoConfig()
    # Skill or policy file whose matching terms seed the actor; None: random weights.
    warm_start: str | None = None

    @model_validator(mode="after")
    def _stages_in_order(self) -> LegTrainingConfig:
        starts = [stage.start for stage in self.stages]
        if starts != sorted(set(starts)):
            raise ValueError(
                f"stages start at {starts}; each has to start after the one before"
            )
        return self

    def settings_at(self, steps: int) -> Settings:
        """Return what holds after so many steps."""
        rewards, push_speed = dict(self.rewards), self.randomization.push_speed
        keep_standing = self.keep_standing
        for stage in self.stages:
            if steps < stage.start:
                break
            rewards |= stage.rewards
            if stage.push_speed is not None:
                push_speed = stage.push_speed
            if stage.keep_standing is not None:
                keep_standing = stage.keep_standing
        return Settings(
            rewards=rewards, push_speed=push_speed, keep_standing=keep_standing
        )


class AdaptationConfig(Config):
    """Training of a policy that tells from its history which robot it drives."""

    latent: Annotated[int, Field(gt=0, multiple_of=2)] = 16  # what sets robots apart
    encoder: tuple[int, ...] = (64,)  # hidden layers from parameters to latent
    history: Annotated[int, Field(ge=2, le=250)] = 50  # control periods
    frame: Annotated[int, Field(gt=0)] = 24  # numbers kept of each observation
    hidden: Annotated[int, Field(gt=0)] = 96  # of the student
    student_steps: Annotated[int, Field(gt=0)] = 3_000_000  # of all robots together
    student_updates: Annotated[int, Field(gt=0)] = 12  # minibatches a round
    learning_rate: float = 1e-3  # of the student, at the start


class AdaptiveLegTrainingConfig(LegTrainingConfig):
    """Training of a leg policy with a module that adapts it."""

    adaptation: AdaptationConfig = AdaptationConfig()


class HandRandomization(Config):
    """What differs from scene to scene and robot to robot, drawn uniformly."""

    # Name in configs/randomization, or a file: the robots are drawn from it, not from
    # gain, joint_damping, mass_scale and latency_steps.
    ranges: str | None = None
    table_height: Range = (0.64, 0.81)  # [m]
    table_edge: Range = (0.14, 0.26)  # ahead of the pelvis [m]
    cup_depth: Range = (0.04, 0.21)  # of the cup's centre behind the edge [m]
    cup_y: Range = (-0.26, 0.03)  # for the right hand [m]
    reach: Range = (0.18, 0.38)  # of the cup's centre ahead of the pelvis [m]
    cup_radius: Range = (0.025, 0.04)  # [m]
    cup_height: Range = (0.09, 0.13)  # [m]
    cup_mass: Range = (0.1, 0.4)  # [kg]
    friction: Range = (0.6, 1.0)
    gain: Range = (0.9, 1.1)
    joint_damping: Range = (0.0, 0.2)  # [N m s/rad]
    mass_scale: Range = (0.95, 1.05)
    base_height: Range = (0.74, 0.79)  # of the pelvis [m]
    base_tilt: float = 0.06  # half width [rad]
    waist: float = 0.06  # half width [rad]
    latency_steps: tuple[int, int] = (0, 4)  # of commands, in physics steps
    object_bias: float = 0.006  # error of perception, half width [m]
    object_noise: float = 0.002  # [m]
    encoder_bias: float = 0.008  # [rad]


HAND_PPO = PpoConfig(
    symmetric=False,
    num_envs=512,
    steps_per_env=32,
    hidden=(256, 256, 128),
    init_std=0.15,
    learning_rate=5e-5,
    max_learning_rate=1e-4,
    desired_kl=0.002,
    entropy=0.0,
    critic_warmup=40,
)
"""Defaults of PPO for an arm and hand.

Targets integrate the actions, so a little drift of the mean is a lot of motion: the
steps are kept small.
"""


def _over_hand_ppo(value: object) -> object:
    # A file or an override that sets one number keeps the other defaults of hands.
    if isinstance(value, dict):
        return {**HAND_PPO.model_dump(), **value}
    return value


class HandTrainingConfig(Config):
    """Training of a policy for one arm and hand (grasp, manipulate)."""

    skill: str
    seed: int = 1
    total_steps: int = 3_000_000  # of PPO; 0: imitation only
    episode_s: float = 8.0
    side: str = "right"
    arm_scale: float = 0.025  # change of target for an action of 1 [rad]
    hand_scale: float = 0.06  # [rad]
    action_clip: float = 1.5
    imitation_steps: int = 3_000_000  # steps labelled by the expert before PPO
    imitation_updates: int = 120  # minibatches after every 100 control steps
    lift: float = 0.14  # goal above where the cup stood [m]
    # In-hand states that placing begins from, for each scene; the expert makes them.
    grasps_kept: Annotated[int, Field(ge=1)] = 4
    in_air_share: float = 0.25  # of placing goals that are kept in the air
    reward_floor: float = -0.5
    rewards: dict[str, float] = Field(default_factory=dict)
    randomization: HandRandomization = HandRandomization()
    ppo: Annotated[PpoConfig, BeforeValidator(_over_hand_ppo)] = HAND_PPO


class SelectorTrainingConfig(Config):
    """Training of the learned planner, which chooses the skill to start next."""

    skill: Literal["selector"]
    algorithm: Literal["dqn", "ppo", "a2c"] = "ppo"
    seed: int = 1
    total_steps: Annotated[int, Field(gt=0)] = 40_000  # choices
    num_envs: Annotated[int, Field(gt=0)] = 8
    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float | None = None  # None: what suits the algorithm
    # A success is worth 1; later it is worth less.
    discount_per_s: Annotated[float, Field(gt=0, le=1)] = 0.995
    time_cost_per_s: Annotated[float, Field(ge=0)] = 0.002
    choice_cost: Annotated[float, Field(ge=0)] = 0.01  # of every skill that is started
    fall_cost: float = 1.0  # of a failure that ends the task
    handover_cost: float = 0.3  # of a choice that gives control to the tree
    exploring_starts: Annotated[float, Field(ge=0, le=1)] = 0.5  # share of episodes
    goals: dict[str, float] = Field(
        default_factory=lambda: {"on": 0.6, "holding": 0.3, "at": 0.1}
    )  # share of episodes
    evaluate_every: Annotated[int, Field(gt=0)] = 5_000  # choices
    evaluate_episodes: Annotated[int, Field(gt=0)] = 200
    model: str | None = None  # file of `praxis model skills`; None: that which ships
