"""Policies that adapt: teacher, student, histories, and the file of both."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rich.console import Console

from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig

torch = pytest.importorskip("torch", reason="skills are trained with torch")
pytest.importorskip("onnx", reason="policies are exported with onnx")
pytest.importorskip("tensorboard", reason="training writes its figures for it")

from sim2real.robot import RobotState  # noqa: E402
from sim2real.robot_parameters import RobotParameters  # noqa: E402
from skills.library import POLICY_DIR, adaptive_skills, make_skills  # noqa: E402
from skills.mirror import Mirror  # noqa: E402
from skills.policy import Policy  # noqa: E402
from skills.training.adaptive_env import (  # noqa: E402
    AdaptiveLegEnv,
    parameter_mirror,
    told,
)
from skills.training.adaptive_learn import Histories  # noqa: E402
from skills.training.adaptive_networks import (  # noqa: E402
    StudentNetwork,
    TeacherNetwork,
    swapped_halves,
)
from skills.training.engines import Engine, make_env  # noqa: E402
from skills.training.leg_task import describe  # noqa: E402
from skills.training.run import train_skill, training_config  # noqa: E402

N, LENGTH = 8, 5
TINY = (
    "warm_start=walk",
    f"ppo.num_envs={N}",
    "ppo.steps_per_env=4",
    "ppo.mini_batches=2",
    "total_steps=64",
    f"adaptation.history={LENGTH}",
    "adaptation.student_steps=400",
    "adaptation.student_updates=2",
)


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a training of two updates."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "walk_adaptive"
    console = Console(file=io.StringIO())
    run = train_skill("walk_adaptive", TINY, folder, resume=False, console=console)
    return run.policy


def state(robot: RobotConfig, lift: float = 0.0) -> RobotState:
    n = len(robot.joint_names)
    return RobotState(
        time=0.0,
        joint_pos=robot.default_joint_pos + lift,
        joint_vel=np.zeros(n),
        joint_effort=np.zeros(n),
        base_pos_w=np.zeros(3),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


SIGNALS = {"velocity_command": np.zeros(3), "gait_phase": 0.0, "moving": 0.0}


def test_a_training_ends_with_a_policy_that_carries_its_history(
    policy_file: Path, robot: RobotConfig
) -> None:
    policy = Policy.load(policy_file, robot)
    contract = policy.contract
    assert contract.history.length == LENGTH
    assert contract.history.start == "repeat_first"
    assert contract.input_size == LENGTH * contract.observation_size
    assert policy_file.with_name("student.csv").read_text().startswith("steps,loss,")
    assert contract.notes["gait_period_s"] > 0


def test_a_start_is_as_if_it_had_been_so_for_ever(
    policy_file: Path, robot: RobotConfig
) -> None:
    policy = Policy.load(policy_file, robot)
    policy.reset(state(robot))
    observation = policy.observe(state(robot), SIGNALS)
    wanted = policy.answer(np.tile(observation, LENGTH))
    policy.act(state(robot), SIGNALS)
    assert_allclose(policy._last_action, wanted)


def test_the_newest_observation_is_the_last_and_a_reset_forgets(
    policy_file: Path, robot: RobotConfig
) -> None:
    policy = Policy.load(policy_file, robot)
    policy.reset(state(robot))
    seen = []
    policy.on_step = lambda observation, action: seen.append(observation.copy())
    for lift in (0.0, 0.01, 0.02):
        policy.act(state(robot, lift), SIGNALS)
    size = policy.contract.observation_size
    rows = policy._history.reshape(LENGTH, size)
    assert_allclose(rows[-3:], seen)
    assert_allclose(rows[0], seen[0])  # still the first one
    policy.reset(state(robot))
    policy.act(state(robot, 0.05), SIGNALS)
    assert_allclose(policy._history, np.tile(seen[-1], (LENGTH, 1)))


def test_skills_take_an_adaptive_policy_when_they_are_to(
    policy_file: Path, robot: RobotConfig, tmp_path: Path
) -> None:
    for skill in ("walk", "balance", "grasp", "manipulate"):
        (tmp_path / f"{skill}.onnx").symlink_to(POLICY_DIR / f"{skill}.onnx")
    assert adaptive_skills(tmp_path) == ()
    (tmp_path / "walk_adaptive.onnx").symlink_to(policy_file)
    assert adaptive_skills(tmp_path) == ("walk",)
    plain = make_skills(robot, tmp_path)["walk"]._policy  # type: ignore[attr-defined]
    assert plain.contract.history.length == 1
    adaptive = make_skills(robot, tmp_path, adaptive=True)["walk"]
    assert adaptive._policy.contract.history.length == LENGTH  # type: ignore[attr-defined]


def test_the_teacher_begins_as_the_policy_that_it_was_made_of(
    robot: RobotConfig,
) -> None:
    config, _ = training_config("walk_adaptive", TINY)
    env = make_env(robot, config, Engine())
    teacher = env.actor_network()  # type: ignore[attr-defined]
    teacher.warm_start(env.description, POLICY_DIR / "walk.onnx")
    seen = torch.from_numpy(env.observe()[0])
    size = env.description.observation_size
    walk = Policy.load(POLICY_DIR / "walk.onnx", robot)
    with torch.no_grad():
        answers = teacher(seen).numpy()
    env.close()
    wanted = [walk.answer(row) for row in seen[:, :size].numpy()]
    clip = walk.contract.action.clip
    assert_allclose(np.clip(answers, -clip, clip), wanted, atol=1e-4)


def test_robots_differ_in_what_the_teacher_is_told(robot: RobotConfig) -> None:
    config, _ = training_config("walk_adaptive", TINY)
    env = make_env(robot, config, Engine())
    told = env.parameters  # type: ignore[attr-defined]
    actor, critic = env.observe()
    size = env.description.observation_size
    mirror = parameter_mirror(env.description)
    env.close()
    assert told.shape == (N, len(mirror.index))
    assert_allclose(actor[:, size:], told)
    assert critic.shape[1] == len(env.critic_mirror().index)
    assert np.abs(told).max() < 2.0
    strength = told[:, :3] / 4 + 1
    assert strength.min() >= 0.68 and strength.max() <= 1.05
    assert np.ptp(strength[:, 0]) > 0.05


def test_a_robot_and_its_mirror_image_are_told_as_mirror_images(
    robot: RobotConfig,
) -> None:
    config, _ = training_config("walk_adaptive", TINY)
    mirror = parameter_mirror(describe(robot, config))
    n = len(robot.joint_names)
    rows = {name: row for row, name in enumerate(robot.joint_names)}
    strength, bias = np.ones(n), np.zeros(n)
    other_strength, other_bias = np.ones(n), np.zeros(n)
    for joint in ("hip_pitch", "hip_roll", "knee"):
        strength[rows[f"left_{joint}_joint"]] = 0.8
        other_strength[rows[f"right_{joint}_joint"]] = 0.8
        sign = -1.0 if joint == "hip_roll" else 1.0
        bias[rows[f"left_{joint}_joint"]] = 0.01
        other_bias[rows[f"right_{joint}_joint"]] = sign * 0.01
    nominal = RobotParameters.nominal(robot)
    one = replace(
        nominal,
        strength=strength,
        encoder_bias=bias,
        base_mass_add=2.0,
        base_com_add=np.array([0.01, 0.02, 0.03]),
        gyro_bias=np.array([0.01, 0.02, 0.03]),
        tilt_bias=np.array([0.01, 0.02]),
    )
    other = replace(
        nominal,
        strength=other_strength,
        encoder_bias=other_bias,
        base_mass_add=2.0,
        base_com_add=np.array([0.01, -0.02, 0.03]),
        gyro_bias=np.array([-0.01, 0.02, -0.03]),
        tilt_bias=np.array([-0.01, 0.02]),
    )
    mirrored = np.array(told(robot, one))[mirror.index] * mirror.sign
    assert_allclose(mirrored, told(robot, other), atol=1e-12)


def test_a_curriculum_tells_of_other_robots_until_the_student_learns(
    robot: RobotConfig,
) -> None:
    pace = "curriculum={start: 0.0, step: 0.5, episodes: 4, patience: 1}"
    config, _ = training_config("walk_adaptive", (*TINY, pace))
    env = make_env(robot, config, Engine())
    assert isinstance(env, AdaptiveLegEnv)
    before = env.parameters.copy()
    env.task.time[:] = config.episode_s  # every episode ends well
    env.step(np.zeros((N, env.k), np.float32))
    assert np.ptp(before[:, 0]) == 0.0 and np.ptp(env.parameters[:, 0]) > 0.0
    env.settle()
    settled = env.parameters.copy()
    env.task.time[:] = config.episode_s
    env.step(np.zeros((N, env.k), np.float32))
    env.close()
    assert_allclose(env.parameters, settled)


def test_a_teacher_is_left_right_symmetric() -> None:
    torch.manual_seed(0)
    seen, acted = Mirror.of([1, 0], [1, 1]), Mirror.of([1, 0], [-1, -1])
    told = Mirror.of([0, 1], [1, -1])
    teacher = TeacherNetwork(seen, told, acted, hidden=(8,), encoder=(4,), latent=4)
    values = torch.randn(3, 4)
    mirrored = torch.stack([values[:, 1], values[:, 0], values[:, 2], -values[:, 3]], 1)
    with torch.no_grad():
        there = teacher(mirrored)
        back = -teacher(values)[:, [1, 0]]
    assert_allclose(there, back, atol=1e-6)


def test_halves_of_a_latent_change_places() -> None:
    assert swapped_halves(4).index.tolist() == [2, 3, 0, 1]


def test_windows_begin_at_the_episode_with_its_first_observation() -> None:
    histories = Histories(3, 4, robots=2, size=1)
    for step in range(5):
        histories.add(np.array([[step], [10 + step]], np.float32))
        if step == 2:  # the second robot begins anew
            histories.restart(np.array([False, True]))
    windows = histories.windows(np.array([0, 0, 1]), np.array([0, 1, 1]))
    assert windows[..., 0].tolist() == [[2, 3, 4], [13, 13, 14], [13, 13, 13]]


def test_a_student_sees_every_frame() -> None:
    torch.manual_seed(0)
    student = StudentNetwork(3, 4, frame=2, hidden=8, latent=2)
    history = torch.zeros(4, 4, 3)
    for place in range(3):
        history[place + 1, place] = 1.0
    with torch.no_grad():
        latent = student(history)
    assert len(np.unique(latent.numpy().round(6), axis=0)) == 4


def test_it_is_trained_on_mujoco_only(robot: RobotConfig) -> None:
    config, _ = training_config("walk_adaptive", TINY)
    with pytest.raises(ConfigError, match="walk_adaptive is trained on MuJoCo only"):
        make_env(robot, config, Engine(name="isaaclab"))
