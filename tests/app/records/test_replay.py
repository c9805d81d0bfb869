"""A run replays exactly; whatever was altered is found, by term, joint and tick."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from app.build import build, read_plan
from app.cli import app
from app.control_loop import Episode
from app.options import RunOptions
from app.records.replay_command import show_replay
from app.records.run_log import RunLog
from configs.loader import CONFIG_DIR, ConfigError, load_robot
from sim2real.robot_log import RobotLogWriter, read_robot_log
from skills.library import POLICY_DIR

KNEE = "left_knee_joint"
TASK = "stand for 0.3 seconds and walk 0.2 m forward"


@pytest.fixture(scope="module")
def g1():
    return load_robot()


@pytest.fixture(scope="module")
def bag(tmp_path_factory) -> Path:
    """A short walk in MuJoCo, as `praxis run --log` writes it."""
    path = tmp_path_factory.mktemp("log") / "run.mcap"
    log = RunLog(path, {"backend": "mujoco"})
    assembly = build(read_plan(TASK, RunOptions(scene="empty", time_limit_s=1.2)))
    Episode(assembly, 1, observers=[log]).run()
    log.close()
    assembly.backend.close()
    return path


def rewritten(bag: Path, g1, path: Path, change=lambda row, state: state, **parts):
    """Write a log again with other states (`change(row, state)`) or other parts."""
    log = replace(read_robot_log(bag, g1), **parts)
    objects = dict(log.objects)
    with RobotLogWriter(path, g1, log.metadata) as writer:
        for row, time in enumerate(log.time.tolist()):
            for event in log.events:
                if event.time == time:
                    writer.write_event(event)
            for step in log.policy_steps:
                if step.time == time:
                    writer.write_policy_step(step)
            writer.write_state(change(row, log.state(row)))
            writer.write_objects(log.state(row), objects[time])
            writer.write_command(time, log.command(row))
    return path


def replayed(bag: Path, tmp_path: Path, **options):
    """Replay; return the exit code, what was printed, and the findings."""
    console = Console(file=(tmp_path / "said").open("w"), width=200)
    output = tmp_path / "replay.json"
    code = show_replay(bag, console, output=output, **options)
    console.file.close()
    return code, (tmp_path / "said").read_text(), json.loads(output.read_text())


def first(findings) -> tuple:
    place = findings["differences"][0]["first"]
    keys = ("tick", "policy", "quantity", "term", "part")
    return tuple(place[key] for key in keys)


# --- a run replays exactly ------------------------------------------------------------


def test_a_run_replays_to_the_bit(bag, tmp_path):
    code, said, findings = replayed(bag, tmp_path, tolerance=0.0)
    assert code == 0
    assert findings["equal"] is True
    assert findings["differences"] == []
    ticks = findings["ticks"]
    assert ticks > 60
    assert findings["policy_steps"] >= ticks
    # Each tick three numbers for each of 43 joints, and what the policies saw.
    assert findings["numbers"] > ticks * 3 * 43
    assert "all equal within 0" in said


def test_the_log_holds_what_the_skills_were_told(bag, g1):
    log = read_robot_log(bag, g1)
    assert log.task == TASK
    assert log.metadata["seed"] == "1"
    begun = [event for event in log.events if event.kind == "start"]
    assert [event.skill for event in begun] == ["balance", "walk"]
    assert begun[0].args == {"duration_s": 0.3}
    assert begun[1].args["forward"] == 0.2
    assert 0.3 <= begun[1].time < 0.5
    assert {step.policy for step in log.policy_steps} >= {"walk", "balance"}
    stop = next(event for event in log.events if event.kind == "stop")
    assert stop.skill == "balance"
    step = log.policy_steps[0]
    assert len(step.terms) == len(step.observation)
    assert f"joint_pos_rel.{KNEE}" in step.terms


def test_from_the_command_line(bag):
    done = CliRunner().invoke(app, ["replay", str(bag)])
    assert done.exit_code == 0
    assert f"{TASK}; " in done.stdout
    assert "all equal within 1e-05" in done.stdout


# --- what was altered is found --------------------------------------------------------


def test_a_shifted_encoder_is_found_at_its_joint_and_tick(bag, g1, tmp_path):
    knee = g1.joint_names.index(KNEE)

    def shift(row, state):
        pos = state.joint_pos.copy()
        pos[knee] += 0.05 if row >= 40 else 0.0
        return replace(state, joint_pos=pos)

    other = rewritten(bag, g1, tmp_path / "other.mcap", shift)
    code, said, findings = replayed(other, tmp_path)
    assert code == 1
    assert first(findings) == (40, "walk", "observation", "joint_pos_rel", KNEE)
    found = findings["differences"][0]["first"]
    assert found["computed"] - found["recorded"] == pytest.approx(0.05, abs=1e-6)
    assert found["time"] == pytest.approx(0.8)
    # Nothing else that the policy measures is different.
    terms = [d["first"]["term"] for d in findings["differences"]]
    assert "joint_vel" not in terms
    assert "base_ang_vel" not in terms
    assert f"tick 40 (0.80 s), walk, observation, joint_pos_rel, {KNEE}" in said


def test_rewriting_alone_changes_nothing(bag, g1, tmp_path):
    same = rewritten(bag, g1, tmp_path / "same.mcap")
    assert replayed(same, tmp_path)[0] == 0


@pytest.fixture
def policies(tmp_path) -> Path:
    """A copy of the policies that ship."""
    folder = tmp_path / "policies"
    folder.mkdir()
    for path in POLICY_DIR.glob("*.onnx"):
        shutil.copy(path, folder)
    return folder


def alter(path: Path, change) -> None:
    """Change a policy file's contract, and make its golden pairs fit its network."""
    onnx = pytest.importorskip("onnx", reason="policies are altered with onnx")
    from skills.policy_contract import PolicyContract, encode
    from skills.policy_network import Network

    model = onnx.load(path)
    entry = model.metadata_props[0]
    contract = json.loads(entry.value)
    change(model, contract)
    onnx.save(model, path)
    network = Network(path)
    seen, _ = PolicyContract.model_validate(contract).golden_pairs()
    actions = np.stack([network.run(one) for one in seen])
    contract["golden"]["actions"] = encode(actions)
    entry.value = json.dumps(contract)
    onnx.save(model, path)


def test_another_network_is_found_in_its_actions(bag, g1, policies, tmp_path):
    def turn_one_output(model, contract):
        biases = [w for w in model.graph.initializer if len(w.dims) == 1]
        count = len(contract["action"]["joints"])
        last = next(w for w in reversed(biases) if w.dims[0] == count)
        values = np.frombuffer(last.raw_data, np.float32).copy()
        values[3] += 0.01
        last.raw_data = values.tobytes()

    alter(policies / "walk.onnx", turn_one_output)
    code, _, findings = replayed(bag, tmp_path, policies=policies)
    assert code == 1
    begun = next(e.time for e in read_robot_log(bag, g1).events if e.skill == "walk")
    tick, policy, quantity, term, part = first(findings)
    assert (policy, quantity, term) == ("walk", "action", "actions")
    assert tick == round(begun / 0.02)
    found = findings["differences"][0]["first"]
    assert abs(found["computed"] - found["recorded"]) == pytest.approx(0.01, rel=0.2)
    # One tick later the policy remembers another action than it did.
    later = next(
        difference["first"]
        for difference in findings["differences"]
        if difference["first"]["term"] == "last_action"
    )
    assert (later["tick"], later["part"]) == (tick + 1, part)


def test_another_scale_of_a_term_is_found_in_that_term(bag, policies, tmp_path):
    def double(model, contract):
        (term,) = (t for t in contract["observations"] if t["name"] == "joint_vel")
        term["scale"] *= 2.0

    alter(policies / "walk.onnx", double)
    code, _, findings = replayed(bag, tmp_path, policies=policies)
    assert code == 1
    tick, policy, quantity, term, _ = first(findings)
    assert (policy, quantity, term) == ("walk", "observation", "joint_vel")
    assert tick >= 15  # when the walk begins
    found = findings["differences"][0]["first"]
    assert found["computed"] == pytest.approx(2 * found["recorded"], rel=1e-5)


def test_another_gain_is_found_in_the_command(bag, policies, tmp_path):
    def stiffer(model, contract):
        joint = contract["action"]["joints"].index(KNEE)
        contract["action"]["stiffness"][joint] = 160.0

    for skill in ("walk", "balance"):
        alter(policies / f"{skill}.onnx", stiffer)
    data = yaml.safe_load((CONFIG_DIR / "robots" / "g1_dex3.yaml").read_text())
    data["mjcf"] = str(CONFIG_DIR / "robots" / "g1_dex3.xml")
    (knee,) = (joint for joint in data["joints"] if joint["name"] == KNEE)
    knee["stiffness"] = 160
    robot = tmp_path / "stiffer.yaml"
    robot.write_text(yaml.safe_dump(data))
    code, _, findings = replayed(bag, tmp_path, policies=policies, robot=str(robot))
    assert code == 1
    assert first(findings) == (0, "robot", "command", "stiffness", KNEE)
    found = findings["differences"][0]["first"]
    assert (found["recorded"], found["computed"]) == (150.0, 160.0)


def test_a_policy_that_did_not_run_then_is_told(bag, g1, tmp_path):
    steps = tuple(
        step
        for step in read_robot_log(bag, g1).policy_steps
        if not (step.policy == "balance" and step.time == 0.1)
    )
    other = rewritten(bag, g1, tmp_path / "other.mcap", policy_steps=steps)
    code, said, findings = replayed(other, tmp_path)
    assert code == 1
    assert first(findings) == (5, "balance", "order", "ran", "")
    assert "tick 5 (0.10 s), balance: it runs now, and did not run then" in said
    assert findings["differences"][0]["first"]["recorded"] is None


def test_a_policy_that_does_not_run_now_is_told(bag, g1, tmp_path):
    steps = read_robot_log(bag, g1).policy_steps
    extra = replace(steps[0], policy="grasp.left")
    other = rewritten(bag, g1, tmp_path / "other.mcap", policy_steps=(extra, *steps))
    _, said, _ = replayed(other, tmp_path)
    assert "tick 0 (0.00 s), grasp.left: it ran then, and does not run now" in said


def test_a_skill_that_cannot_be_started_now_is_told(bag, g1, tmp_path):
    log = read_robot_log(bag, g1)
    odd = replace(log.events[0], skill="dance", args={})
    other = rewritten(bag, g1, tmp_path / "other.mcap", events=(odd, *log.events))
    _, said, _ = replayed(other, tmp_path)
    assert "tick 0 (0.00 s), dance: there is no skill 'dance'" in said


def test_other_terms_and_other_joints_are_told(bag, g1, tmp_path):
    log = read_robot_log(bag, g1)
    steps = list(log.policy_steps)
    terms = ("smell.x", *steps[0].terms[1:])
    steps[0] = replace(steps[0], terms=terms)
    steps[1] = replace(steps[1], joints=("left_ear_joint", *steps[1].joints[1:]))
    other = rewritten(bag, g1, tmp_path / "other.mcap", policy_steps=tuple(steps))
    _, said, findings = replayed(other, tmp_path)
    was = log.policy_steps[0].terms[0]
    assert f"the observation has other terms: {was} where smell.x was" in said
    texts = [d["first"]["text"] for d in findings["differences"]]
    joint = log.policy_steps[1].joints[0]
    assert f"it moves other joints: {joint} where left_ear_joint was" in texts


def test_a_log_that_is_not_whole_is_told(bag, g1, tmp_path):
    path = tmp_path / "other.mcap"
    log = read_robot_log(bag, g1)
    objects = dict(log.objects)
    with RobotLogWriter(path, g1, log.metadata) as writer:
        for row in range(3):
            writer.write_state(log.state(row))
            writer.write_objects(log.state(row), objects[float(log.time[row])])
            writer.write_command(float(log.time[row]), log.command(row))
        writer.write_policy_step(log.policy_steps[0])
        writer.write_state(replace(log.state(3), joint_pos=np.zeros(2)))
    _, said, _ = replayed(path, tmp_path)
    assert "the log lacks 1 messages that its disk was too slow for" in said


# --- what cannot be replayed ----------------------------------------------------------


def refusal(*words) -> str:
    done = CliRunner().invoke(app, ["replay", *map(str, words)])
    assert done.exit_code == 2
    assert done.stderr.startswith("praxis: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_log_without_policies(tmp_path):
    path = tmp_path / "fake.mcap"
    words = ["run", "stand for 1 second", "--backend", "fake", "--no-trace"]
    assert CliRunner().invoke(app, [*words, "--log", str(path)]).exit_code == 0
    assert "holds no policy_steps" in refusal(path)


def test_a_truncated_log_only_when_asked(bag, tmp_path):
    path = tmp_path / "half.mcap"
    data = bag.read_bytes()
    path.write_bytes(data[: len(data) - 600])  # without its index
    assert "is truncated" in refusal(path)
    assert CliRunner().invoke(app, ["replay", str(path), "--partial"]).exit_code == 0


def test_a_bag_that_does_not_say_whose_it_is(g1, tmp_path):
    from mcap_ros2.writer import Writer

    path = tmp_path / "bag.mcap"
    with path.open("wb") as file:
        Writer(file).finish()
    assert "does not say of which robot it is" in refusal(path)


def test_a_negative_tolerance(bag):
    assert "--tolerance -1.0: expected 0 or more" in refusal(bag, "--tolerance", "-1")


def test_an_adaptation_that_is_not_known(bag, g1, tmp_path):
    path = tmp_path / "other.mcap"
    log = read_robot_log(bag, g1)
    with RobotLogWriter(path, g1, {**log.metadata, "adapt": "magic"}) as writer:
        writer.write_state(log.state(0))
        writer.write_command(0.0, log.command(0))
        writer.write_policy_step(log.policy_steps[0])
    assert "its adaptation: unknown adaptation 'magic'" in refusal(path)


def test_commands_that_answer_no_state(bag, g1, tmp_path):
    path = tmp_path / "other.mcap"
    log = read_robot_log(bag, g1)
    with RobotLogWriter(path, g1, log.metadata) as writer:
        for row in range(3):
            writer.write_state(log.state(row))
            writer.write_command(log.time[row] + 0.01, log.command(row))
        writer.write_policy_step(log.policy_steps[0])
    assert "no command has the stamp of a joint state" in refusal(path)


def test_several_episodes_cannot_share_a_log(tmp_path):
    words = ["run", "stand for 1 second", "--backend", "fake", "--episodes", "2"]
    done = CliRunner().invoke(app, [*words, "--log", str(tmp_path / "log.mcap")])
    assert done.exit_code == 2
    assert "--log takes one episode" in done.stderr


def test_policies_of_another_robot_are_refused(bag, tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        show_replay(bag, Console(), robot=str(tmp_path / "no.yaml"))


def test_a_run_says_when_its_log_is_not_whole(tmp_path, monkeypatch):
    said = []
    log = RunLog(tmp_path / "log.mcap", {"backend": "fake"}, warn=said.append)
    assembly = build(read_plan("stand for 1 second", RunOptions(backend="fake")))
    episode = Episode(assembly, 1, observers=[log])
    monkeypatch.setattr("sim2real.robot_log.writer.RobotLogWriter.write_task", _lose)
    episode.run()
    log.close()
    assert said == [
        f"the log {tmp_path / 'log.mcap'} lacks 1 messages: the disk did not keep up"
    ]
    log.close()  # a second time is once


def _lose(writer, time, words):
    writer.dropped += 1
