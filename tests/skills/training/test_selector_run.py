"""`praxis train selector` on a model of 35 executions: files, resuming, refusals."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

pytest.importorskip("stable_baselines3", reason="the selector is trained with it")
pytest.importorskip("onnx", reason="policies are exported with onnx")

import numpy as np
import onnx

from configs.loader import ConfigError, load_robot
from skills.policy_contract import METADATA_KEY, PolicyMismatch
from skills.selector.observation import History
from skills.selector.policy import SelectorPolicy
from skills.selector.words import CHOICES, Subject
from skills.training.selector_run import train_selector

MODEL = Path(__file__).parents[2] / "skills_model.json"
TINY = (
    f"model={MODEL}",
    "algorithm=dqn",  # ppo learns from whole batches, so its steps are not round
    "num_envs=2",
    "hidden=[8]",
    "evaluate_every=100",
    "evaluate_episodes=5",
)
FAR = frozenset({"upright", "visible", "reachable"})
HOLD_CUP = Subject(kind="holding", object="cup")


def train(folder: Path, *more: str, resume: bool = False) -> Path:
    console = Console(file=io.StringIO())
    return train_selector(
        [*TINY, *more], folder, resume=resume, console=console, robot=load_robot()
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "selector"
    train(folder, "total_steps=200")
    return folder


def test_a_run_leaves_policy_curve_figures_and_config(run: Path) -> None:
    for name in ("config.yaml", "curve.csv", "curve.png", "checkpoint.zip"):
        assert (run / name).is_file()
    steps = [line.split(",")[0] for line in (run / "curve.csv").read_text().split()]
    assert steps == ["steps", "2", "102", "200"]
    report = json.loads((run / "evaluation.json").read_text())
    assert report["algorithm"] == "dqn"
    assert set(report["goals"]) == {"at", "holding", "on"}


def test_the_policy_says_what_it_was_made_of(run: Path) -> None:
    policy = SelectorPolicy.load(run / "selector.onnx", load_robot())
    contract = policy.contract
    assert (contract.algorithm, contract.golden.count) == ("dqn", 16)
    assert contract.notes == {"steps": 200, "seed": 1, "executions": 35}
    assert policy.knows(HOLD_CUP, FAR)
    assert not policy.knows(HOLD_CUP, frozenset())
    ranking = policy.ranking(HOLD_CUP, FAR, History())
    assert sorted(ranking) == sorted(CHOICES)
    assert policy.choose(HOLD_CUP, FAR, History()) == ranking[0]


def test_a_run_goes_on(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="already holds a run; go on with --resume"):
        train(run)
    path = train(run, "total_steps=300", resume=True)
    assert SelectorPolicy.load(path).contract.notes["steps"] == 300
    with pytest.raises(ConfigError, match="holds a run of dqn, not of ppo"):
        train(run, "algorithm=ppo", resume=True)
    with pytest.raises(ConfigError, match="holds no checkpoint to resume"):
        train(tmp_path / "other", resume=True)


@pytest.mark.parametrize("algorithm", ["ppo", "a2c"])
def test_the_other_algorithms(algorithm: str, tmp_path: Path) -> None:
    path = train(tmp_path / "run", f"algorithm={algorithm}", "total_steps=256")
    assert SelectorPolicy.load(path).contract.algorithm == algorithm


def test_the_same_seed_gives_the_same_policy(tmp_path: Path) -> None:
    files = [train(tmp_path / name, "total_steps=100") for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_model_of_another_robot_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(MODEL.read_text().replace('"g1_dex3"', '"g1_23dof"'))
    with pytest.raises(ConfigError, match="is of robot g1_23dof, revision"):
        train(tmp_path / "run", f"model={other}")


def changed(path: Path, target: Path, **more: object) -> Path:
    """Copy a policy file with another contract."""
    model = onnx.load(path)
    contract = {**json.loads(model.metadata_props[0].value), **more}
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(contract)})
    onnx.save(model, target)
    return target


def test_policies_that_do_not_fit_are_refused(run: Path, tmp_path: Path) -> None:
    path, bad = run / "selector.onnx", tmp_path / "bad.onnx"

    def complaint(**more: object) -> str:
        with pytest.raises(PolicyMismatch) as error:
            SelectorPolicy.load(changed(path, bad, **more), load_robot())
        return str(error.value)

    golden = json.loads(onnx.load(path).metadata_props[0].value)["golden"]
    zeros = np.zeros(16 * 36, "<f4").tobytes()
    other = {**golden, "observations": base64.b64encode(zeros).decode()}
    hop = [*CHOICES, "hop"]
    assert "its choices and ours differ in 'hop'" in complaint(choices=hop)
    assert "its observation and ours differ" in complaint(observations=["a fact"])
    assert "there is no goal 'under'" in complaint(known={"under": []})
    assert "format_version: expected 1, got 2" in complaint(format_version=2)
    assert "is no learned planner" in complaint(skill="walk")
    assert "no longer gives its golden scores" in complaint(golden=other)
    assert "golden pairs are damaged" in complaint(golden={**golden, "scores": "!"})
    robot = {"name": "h1", "revision": "2"}
    assert "has learned of the skills of h1, revision 2" in complaint(robot=robot)
    with pytest.raises(PolicyMismatch, match="train one: praxis train selector"):
        SelectorPolicy.load(tmp_path / "none.onnx")
