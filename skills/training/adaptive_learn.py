"""Teach the student on the teacher's robots, and write both as one policy file.

The student acts itself in a growing share of the robots and the teacher says what it
should have told (DAgger), so that it learns from the histories it will see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import AdaptationConfig
from skills.locomotion import GAIT_PERIOD_S
from skills.mirror import Mirror
from skills.policy_contract import FEWEST_GOLDEN_PAIRS
from skills.training.adaptive_env import AdaptiveLegEnv
from skills.training.adaptive_graph import adaptive_model
from skills.training.adaptive_networks import StudentNetwork, TeacherNetwork
from skills.training.export import write_policy
from skills.training.ppo import CappedPPO

Array32 = NDArray[np.float32]

ROUND = 24  # control steps between two rounds of updates
BATCH = 1024


@dataclass(frozen=True, kw_only=True)
class StudentProgress:
    """One round."""

    steps: int
    loss: float  # mean square of the latent's error
    explained: float  # share of the latent's variance that is told, 1: all
    velocity_error: float  # of the robots, students' and teachers' together [m/s]


class Histories:
    """The last observations of every robot, from which windows can be drawn."""

    def __init__(self, length: int, depth: int, robots: int, size: int) -> None:
        """Allocate.

        Args:
            length: observations in a window.
            depth: windows to draw from, back from now.
            robots: how many.
            size: of an observation.
        """
        self._length = length
        self._ring = np.zeros((depth + length, robots, size), np.float32)
        self._first = np.zeros((depth + length, robots), np.int64)
        self._begun = np.zeros(robots, np.int64)
        self.count = 0

    def add(self, observation: Array32) -> None:
        """Take what all robots see now, (N, size)."""
        slot = self.count % len(self._ring)
        self._ring[slot] = observation
        self._first[slot] = self._begun
        self.count += 1

    def restart(self, robots: NDArray[np.bool_]) -> None:
        """Note that some robots begin anew with the next observation."""
        self._begun[robots] = self.count

    @property
    def depth(self) -> int:
        """How many times there are to draw windows at."""
        return min(self.count, len(self._ring) - self._length)

    def windows(self, back: NDArray[np.intp], robots: NDArray[np.intp]) -> Array32:
        """Return windows (M, length, size), the oldest first.

        Before an episode's first observation there is that observation, as at run
        time.

        Args:
            back: how many steps before now each ends, (M,).
            robots: of which robot each is, (M,).
        """
        last = self.count - 1 - back
        first = self._first[last % len(self._ring), robots]
        at = last[:, None] + np.arange(1 - self._length, 1)
        at = np.maximum(at, first[:, None]) % len(self._ring)
        found: Array32 = self._ring[at, robots[:, None]]
        return found


def learn_student(
    env: AdaptiveLegEnv,
    teacher: TeacherNetwork,
    *,
    seed: int,
    report: Callable[[StudentProgress], None] = lambda progress: None,
) -> tuple[StudentNetwork, Array32]:
    """Return a student, and a few histories of its robots as golden inputs.

    Args:
        env: the teacher's robots.
        teacher: trained.
        seed: of weights and minibatches.
        report: called after every round.
    """
    config, size = env.config.adaptation, env.description.observation_size
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    student = StudentNetwork(
        size,
        config.history,
        frame=config.frame,
        hidden=config.hidden,
        latent=config.latent,
    )
    optimizer = torch.optim.Adam(student.parameters(), lr=config.learning_rate)
    env.settle()
    told = torch.from_numpy(env.parameters)
    with torch.inference_mode():
        truth = teacher.latent(told)
    spread = float(truth.var(0, unbiased=False).mean())
    truth = truth.clone()
    histories = Histories(config.history, 2 * config.history, env.num_envs, size)
    everybody = np.arange(env.num_envs)
    rounds = max(1, config.student_steps // (ROUND * env.num_envs))
    mirrors = (env.description.observation_mirror(), teacher.latent_mirror)
    for number in range(rounds):
        share = min(1.0, 2.0 * number / rounds)  # of robots that the student drives
        for _ in range(ROUND):
            seen = env.observe()[0][:, :size]
            histories.add(seen)
            driven = everybody < share * env.num_envs
            with torch.inference_mode():
                window = histories.windows(np.zeros_like(everybody), everybody)
                guess = student(torch.from_numpy(window))
                latent = torch.where(torch.from_numpy(driven)[:, None], guess, truth)
                action = teacher.act(torch.from_numpy(seen), latent).numpy()
            _, done, _ = env.step(action)
            histories.restart(done)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * (1.0 - 0.9 * number / rounds)
        loss = _update(student, optimizer, histories, truth, rng, config, mirrors)
        report(
            StudentProgress(
                steps=(number + 1) * ROUND * env.num_envs,
                loss=loss,
                explained=1.0 - loss / max(spread, 1e-9),
                velocity_error=env.log.read().get("velocity_error", float("nan")),
            )
        )
    few = np.resize(everybody, FEWEST_GOLDEN_PAIRS)
    back = rng.integers(0, histories.depth, len(few))
    return student, histories.windows(back, few)


def _update(
    student: StudentNetwork,
    optimizer: torch.optim.Optimizer,
    histories: Histories,
    truth: torch.Tensor,
    rng: np.random.Generator,
    config: AdaptationConfig,
    mirrors: tuple[Mirror, Mirror],
) -> float:
    total = 0.0
    for _ in range(config.student_updates):
        robots = rng.integers(0, len(truth), min(BATCH, 4 * len(truth)))
        back = rng.integers(0, histories.depth, len(robots))
        window = torch.from_numpy(histories.windows(back, robots))
        wanted = truth[torch.from_numpy(robots)]
        if rng.random() < 0.5:  # the mirror image is as true
            window, wanted = (
                _mirrored(window, mirrors[0]),
                _mirrored(wanted, mirrors[1]),
            )
        loss = ((student(window) - wanted) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) / config.student_updates
    return total


def _mirrored(values: torch.Tensor, mirror: Mirror) -> torch.Tensor:
    sign = torch.as_tensor(np.asarray(mirror.sign, np.float32))
    return values[..., torch.as_tensor(np.asarray(mirror.index))] * sign


def export_adaptive(
    ppo: CappedPPO, env: AdaptiveLegEnv, robot: RobotConfig, path: Path, digest: str
) -> None:
    """Teach the student and write the policy file.

    Args:
        ppo: whose actor is the teacher.
        env: its robots.
        robot: the robot.
        path: the policy file; the student's curve lies beside it.
        digest: of the training config.
    """
    teacher = ppo.actor.mlp.to("cpu").eval()
    lines = ["steps,loss,explained,velocity_error"]

    def report(progress: StudentProgress) -> None:
        lines.append(
            f"{progress.steps},{progress.loss:.5g},{progress.explained:.4f},"
            f"{progress.velocity_error:.4f}"
        )
        text = "\n".join(lines) + "\n"
        (path.parent / "student.csv").write_text(text, encoding="utf-8")

    path.parent.mkdir(parents=True, exist_ok=True)
    student, histories = learn_student(
        env, teacher, seed=env.config.seed, report=report
    )
    golden = histories.reshape(len(histories), -1)
    with torch.inference_mode():
        window = torch.from_numpy(histories)
        actions = teacher.act(window[:, -1], student(window)).numpy()
    explained = float(lines[-1].split(",")[2])
    write_policy(
        adaptive_model(teacher, student),
        env.description,
        robot,
        path,
        config_digest=digest,
        golden=(golden, actions),
        notes={
            "steps": env.total_steps,
            "seed": env.config.seed,
            "gait_period_s": GAIT_PERIOD_S,
            "explained": explained,
        },
        history=env.config.adaptation.history,
    )
