"""A policy learns from logs of a robot, if they are fit to be learnt from."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig

torch = pytest.importorskip("torch", reason="skills are trained with torch")
pytest.importorskip("onnx", reason="policies are exported with onnx")
pytest.importorskip("mcap", reason="robot logs are MCAP files")
pytest.importorskip("tensorboard", reason="training writes its figures for it")

from sim2real.robot import JointCommand, RobotState  # noqa: E402
from sim2real.robot_log import PolicyStep, RobotLogWriter  # noqa: E402
from skills.library import POLICY_DIR  # noqa: E402
from skills.policy import Policy  # noqa: E402
from skills.training.finetune import finetune  # noqa: E402
from skills.training.finetune_data import (  # noqa: E402
    Lessons,
    check_lessons,
    find_logs,
    read_lessons,
)

STEPS = 400  # of each episode


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def walk(robot: RobotConfig) -> Policy:
    return Policy.load(POLICY_DIR / "walk.onnx", robot)


def write_log(
    path: Path, robot: RobotConfig, seed: int, *, gain: float = 1.0, lift: float = 0.0
) -> Path:
    """Write an episode of a robot that sways, whose adapter changes what is sent.

    Args:
        path: of the log.
        robot: the robot.
        seed: of the swaying.
        gain: multiple of the gains that are sent.
        lift: added to the targets of all joints [rad].
    """
    policy = Policy.load(POLICY_DIR / "walk.onnx", robot)
    rng = np.random.default_rng(seed)
    index = [robot.joint_names.index(name) for name in policy.joints]
    n = len(robot.joint_names)
    sway = rng.uniform(0.01, 0.05, n), rng.uniform(2.0, 6.0, n)
    with RobotLogWriter(path, robot, {"task": "walk"}, control_dt=0.02) as log:
        for tick in range(STEPS):
            time = 0.02 * tick
            state = RobotState(
                time=time,
                joint_pos=robot.default_joint_pos + sway[0] * np.sin(sway[1] * time),
                joint_vel=sway[0] * sway[1] * np.cos(sway[1] * time),
                joint_effort=np.zeros(n),
                base_pos_w=np.array([0.0, 0.0, 0.78]),
                base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
                base_lin_vel_w=np.zeros(3),
                base_ang_vel=rng.normal(0.0, 0.05, 3),
            )
            if tick == 0:
                policy.reset(state)
            target = policy.act(
                state,
                {
                    "velocity_command": np.array([0.3, 0.0, 0.0]),
                    "gait_phase": time % 0.7 / 0.7,
                    "moving": 1.0,
                },
            )
            sent = robot.default_joint_pos.copy()
            sent[index] = target + lift
            log.write_state(state)
            log.write_policy_step(
                PolicyStep(
                    time=time,
                    policy="walk",
                    terms=policy.labels,
                    observation=policy.last_observation,
                    joints=policy.joints,
                    action=policy._last_action,
                )
            )
            command = JointCommand(
                joint_pos=sent,
                stiffness=gain * robot.stiffness,
                damping=gain * robot.damping,
            )
            log.write_command(time, command)
    return path


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory, robot: RobotConfig) -> list[Path]:
    """Four episodes in which every target was raised by 0.05 rad."""
    folder = tmp_path_factory.mktemp("logs")
    return [
        write_log(folder / f"{seed}.mcap", robot, seed, lift=0.05) for seed in range(4)
    ]


def run(
    sources: Sequence[Path], folder: Path, method: str = "supervised", **more: object
) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=200)
    settings: dict[str, object] = {
        "robot_name": "g1_dex3",
        "policy_dir": None,
        "seed": 1,
        "steps": None,
        **more,
    }
    torch.set_num_threads(1)
    better = finetune(
        "walk",
        sources,
        folder,
        method=method,
        console=console,
        **settings,  # type: ignore[arg-type]
    )
    assert isinstance(console.file, io.StringIO)
    return better, console.file.getvalue()


def test_a_policy_learns_what_its_adapter_did(
    lifted: list[Path], robot: RobotConfig, walk: Policy, tmp_path: Path
) -> None:
    better, text = run(lifted, tmp_path)
    assert better
    assert "error on held-out episodes" in text
    new = Policy.load(tmp_path / "walk.onnx", robot)
    assert new.contract.notes["finetuned_from"] == "walk.onnx"
    lessons = read_lessons(lifted, robot, walk)
    few = lessons.observations[::100]
    raised = np.mean([new.answer(o) - walk.answer(o) for o in few])
    # 0.05 rad are 0.2 of an action, of which the pull of the old answers leaves 3/4.
    assert raised == pytest.approx(0.2 / 1.3, abs=0.03)


def test_higher_gains_are_learnt_as_targets_that_ask_for_the_same_torque(
    tmp_path: Path, robot: RobotConfig, walk: Policy
) -> None:
    logs = [
        write_log(tmp_path / f"{seed}.mcap", robot, seed, gain=1.25)
        for seed in range(3)
    ]
    lessons = read_lessons(logs, robot, walk)
    action = walk.contract.action
    column = action.joints.index("left_knee_joint")
    # kp' (q* - q) - kd' v = kp (x - q) - kd v with kp' = 1.25 kp and kd' = 1.25 kd.
    step = lessons.observations[50]
    size = sum(t.size for t in walk.contract.observations[:4])
    knee = size + walk.contract.observations[4].joints.index("left_knee_joint")
    position = float(step[knee]) + 0.3
    wanted = 0.3 + 0.25 * float(lessons.actions[50, column])
    after = 0.3 + 0.25 * float(lessons.labels[50, column])
    velocity = float(step[size + 29 + column]) / 0.05
    expected = position + 1.25 * (wanted - position) - 0.25 * 4 / 150 * velocity
    assert after == pytest.approx(expected, abs=1e-4)


def test_without_a_difference_there_is_nothing_to_learn(
    tmp_path: Path, robot: RobotConfig
) -> None:
    logs = [write_log(tmp_path / f"{s}.mcap", robot, s) for s in range(3)]
    better, text = run(logs, tmp_path / "out")
    assert not better
    assert "there is nothing to learn" in text
    assert not (tmp_path / "out").exists()


def test_only_successes_of_a_collection_are_learnt_from(
    lifted: list[Path], tmp_path: Path
) -> None:
    entries = [
        {"log": str(path), "success": number != 1} for number, path in enumerate(lifted)
    ]
    text = json.dumps({"format": 1, "episodes": entries})
    (tmp_path / "collection.json").write_text(text)
    assert find_logs([tmp_path]) == [lifted[0], lifted[2], lifted[3]]


def test_too_few_successes_are_refused(lifted: list[Path]) -> None:
    with pytest.raises(ConfigError, match=r"2 successful episodes .* at least 3"):
        find_logs(lifted[:2])


def test_a_source_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither a log nor a folder"):
        find_logs([tmp_path / "nowhere"])


def test_logs_of_another_robot_are_refused(
    lifted: list[Path], robot: RobotConfig, walk: Policy
) -> None:
    other = robot.model_copy(update={"name": "g2", "revision": "g2_rev_1"})
    with pytest.raises(ConfigError, match="g1_dex3"):
        read_lessons(lifted, other, walk)


@pytest.fixture(scope="module")
def lessons(lifted: list[Path], robot: RobotConfig, walk: Policy) -> Lessons:
    return read_lessons(lifted, robot, walk)


def few(lessons: Lessons) -> Lessons:
    return Lessons(**{key: value[:500] for key, value in vars(lessons).items()})


def not_finite(lessons: Lessons) -> Lessons:
    labels = lessons.labels.copy()
    labels[3, 0] = np.nan
    return replace(lessons, labels=labels)


def stood_still(lessons: Lessons) -> Lessons:
    seen = lessons.observations.copy()
    seen[: len(seen) // 2] = seen[0]
    return replace(lessons, observations=seen)


def frozen_knee(lessons: Lessons) -> Lessons:
    seen = lessons.observations.copy()
    seen[:, 3 + 3 + 3 + 2 + 3] = 0.1
    return replace(lessons, observations=seen)


def beyond(lessons: Lessons) -> Lessons:
    return replace(lessons, labels=lessons.labels + 100.0)


def shuffled(lessons: Lessons) -> Lessons:
    order = np.random.default_rng(0).permutation(len(lessons.labels))
    actions = lessons.actions[order]
    return replace(lessons, actions=actions, labels=actions)


def far(lessons: Lessons) -> Lessons:
    return replace(lessons, labels=lessons.labels + 2.0)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (few, "500 steps of walk in these logs, at least 1000"),
        (not_finite, "numbers that are not finite"),
        (stood_still, r"\d+% of the observations equal the one before"),
        (frozen_knee, "joint_pos_rel of left_knee_joint never changes"),
        (beyond, r"100% of what was sent lies beyond .* \(\+-6\)"),
        (far, r"is [12]\.\d+ away from the policy's actions"),
        (shuffled, "the logs are of another policy, or observations and actions"),
    ],
)
def test_bad_data_is_refused(lessons: Lessons, walk: Policy, spoil, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=sentence):
        check_lessons(spoil(lessons), walk)


def test_labels_that_teach_nothing_leave_the_old_policy(
    lifted: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skills.training.finetune as module

    read = read_lessons

    def noisy(*given: object) -> Lessons:
        found = read(*given)  # type: ignore[arg-type]
        rng = np.random.default_rng(0)
        noise = rng.normal(0.0, 0.3, found.labels.shape).astype(np.float32)
        return replace(found, labels=found.actions + noise)

    monkeypatch.setattr(module, "read_lessons", noisy)
    better, text = run(lifted, tmp_path / "out")
    assert not better
    assert "the old policy stays, nothing was written" in text
    assert not (tmp_path / "out").exists()


def test_an_unknown_method_is_refused(lifted: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected one of supervised, ppo"):
        run(lifted, tmp_path, method="magic")


def test_ppo_beside_the_data_keeps_near_it(lifted: list[Path], tmp_path: Path) -> None:
    # A few short updates: it must run through, and judge by held-out episodes.
    _, text = run(lifted, tmp_path / "ppo", method="ppo", steps=400)
    assert "error on held-out episodes" in text
