"""The command line: exit codes, one line for bad input, and whole tasks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app, main
from configs.loader import CONFIG_DIR

FETCH = "walk to table and grasp cup"
DELIVER = f"{FETCH} then carry it to the shelf and place it there"


@pytest.fixture(autouse=True)
def own_folder(tmp_path_factory, monkeypatch):
    """Leave traces of runs in a folder of the test's own."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))


def praxis(*words):
    """Run a command; return its exit code, stdout and stderr."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def complaint(*words):
    """Run a command that must be refused; return its one line."""
    code, _, stderr = praxis(*words)
    assert code == 2
    assert stderr.startswith("praxis: ")
    assert stderr.count("\n") == 1
    assert "Traceback" not in stderr
    return stderr


def test_starting_up_imports_no_heavy_library():
    # MuJoCo must wait until MUJOCO_GL is set, torch is not needed, viser takes long.
    program = (
        "import sys, app.cli, app.build, app.run_command, app.provenance, app.show\n"
        "print(*{'mujoco', 'torch', 'viser'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CONFIG_DIR.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []


# --- whole tasks -------------------------------------------------------------------


def test_a_cup_is_fetched():
    code, out, _ = praxis("run", FETCH, "--backend", "fake")
    assert code == 0
    assert out.startswith("rehearsal: a fake robot without physics or policies")
    assert "✓ grasp(object=cup) after " in out
    assert "holding(cup) (rehearsal, there is no physics to judge by)" in out


def test_a_cup_is_delivered():
    code, out, _ = praxis("run", DELIVER, "--backend", "fake", "--seed", 7)
    assert code == 0
    assert "on(cup, shelf)" in out


@pytest.mark.parametrize("name", ["fetch_cup", CONFIG_DIR / "tasks" / "fetch_cup.yaml"])
def test_a_task_file_is_carried_out(name):
    assert praxis("run", name, "--backend", "fake")[0] == 0


def test_failures_are_rehearsed():
    words = ("run", "hold_cup", "--backend", "fake", "--script")
    code, out, _ = praxis(*words, "grasp=dropped,ok; walk=timeout")
    assert code == 0
    assert "(dropped) after" in out and "(timeout) after" in out
    code, out, _ = praxis(*words, "walk=operator")
    assert code == 1
    assert "(operator): stopped by the operator; standing after" in out


def test_a_failed_task_exits_with_1_and_says_why(tmp_path):
    path = tmp_path / "task.yaml"
    task = {"text": "grasp in a hurry", "goals": ["holding(cup)"], "deadline_s": 1.0}
    path.write_text(yaml.safe_dump(task))
    code, out, _ = praxis("run", path, "--backend", "fake")
    assert code == 1
    assert "task failed at step 1/1 holding(cup) (timeout)" in out


def test_episodes_are_counted_and_written_down(tmp_path):
    path = tmp_path / "result.json"
    code, out, _ = praxis(
        *("run", FETCH, "--backend", "fake", "--episodes", 3, "--seed", 11),
        *("--json", path),
    )
    assert code == 0
    assert "3 of 3 episodes done in rehearsal, nothing was judged" in out
    # Wilson for 3 of 3: n / (n + 1.959964^2) = 3 / 6.84146 = 0.4385
    assert "95 % interval 43.9 to 100.0 %" in out
    data = json.loads(path.read_text())
    assert data["task"] == FETCH
    assert data["steps"] == ["walk(target=table, reach=cup)", "grasp(object=cup)"]
    assert data["success_rate"] == 1.0
    assert data["ci95"] == [0.4385, 1.0]
    assert data["contradicted"] == 0
    assert data["failures"] == {}
    assert data["seed"] == 11
    assert data["asked"] == 3
    assert data["interrupted"] is False
    assert data["judged"] is False
    assert [episode["seed"] for episode in data["episodes"]] == [11, 12, 13]
    assert set(data["tick_ms"]) == {"p50", "p99", "max"}
    assert data["versions"]["python"].startswith("3.")
    assert "mujoco" in data["versions"]


def test_a_recording_is_left_behind(tmp_path):
    code, _, _ = praxis(
        *("run", "stand for 1 second", "--backend", "fake"),
        *("--record", tmp_path / "run"),
    )
    assert code == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["run.npz", "run.tree.jsonl"]


# --- bad input ---------------------------------------------------------------------


def test_an_unknown_object_is_named_with_what_is_near():
    line = complaint("run", "walk to tabel", "--backend", "fake")
    assert "unknown word 'tabel'" in line
    assert "did you mean 'table'?" in line


def test_a_script_that_is_not_understood_is_refused():
    words = ("run", "hold_cup", "--backend", "fake", "--script")
    assert "script 'grasp': expected skill=ending" in complaint(*words, "grasp")
    assert "'lost' is no ending. Known: ok, timeout" in complaint(*words, "walk=lost")


def test_failures_are_rehearsed_on_the_fake_robot_only():
    assert complaint("run", FETCH, "--script", "walk=timeout").endswith(
        "--script rehearses failures on a robot that pretends, not on mujoco. "
        "Add --backend fake, or drop --script.\n"
    )


def test_an_unknown_verb_is_named_with_what_is_known():
    assert "'fly' at character 1" in complaint("run", "fly to table")


@pytest.mark.parametrize("text", ["", "   ", "please"])
def test_an_empty_text_is_refused(text):
    assert "the sentence is empty" in complaint("run", text, "--backend", "fake")


def test_a_wrong_key_in_a_task_file_is_named(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text("text: walk\nsteps: [{skill: walk}]\nspeed: 3\n")
    assert "task.yaml: unknown key 'speed'" in complaint("run", path)


def test_a_task_file_that_is_not_there_is_named(tmp_path):
    assert "nothing.yaml: no such file" in complaint("run", tmp_path / "nothing.yaml")


def test_an_unknown_skill_in_a_task_file_is_named(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text("text: fly\nsteps: [{skill: fly}]\n")
    line = complaint("run", path, "--backend", "fake")
    assert "step 1, fly(): there is no skill 'fly'" in line


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--scene", "cellar", "cellar.yaml: no such file. Known here: empty, kitchen"),
        ("--robot", "r2d2", "r2d2.yaml: no such file. Known here: g1_dex3"),
        ("--backend", "gazebo", "command line: backend: expected 'mujoco', 'isaaclab'"),
        ("--seed", -1, "command line: seed: "),
        ("--episodes", 0, "command line: episodes: "),
    ],
)
def test_a_wrong_option_is_named(option, value, words):
    assert words in complaint("run", FETCH, option, value)


@pytest.fixture
def handless(tmp_path):
    """The robot without finger joints and grasp sites, as a YAML file."""
    path = CONFIG_DIR / "robots" / "g1_dex3.yaml"
    data = yaml.safe_load(path.read_text())
    data["joints"] = [j for j in data["joints"] if "_hand_" not in j["name"]]
    data["mjcf"] = str(path.parent / data["mjcf"])
    data["name"] = "g1_handless"
    del data["sites"]["left_grasp"], data["sites"]["right_grasp"]
    file = tmp_path / "robot.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


def test_a_robot_without_hands_cannot_grasp(handless):
    line = complaint("run", FETCH, "--robot", handless, "--backend", "fake")
    assert "grasp(object=cup) needs a hand, robot g1_handless has none" in line


def test_a_robot_without_hands_can_walk(handless):
    words = ("run", "walk to table", "--robot", handless, "--backend", "fake")
    assert praxis(*words)[0] == 0


def test_a_missing_policy_says_how_to_train_it(tmp_path):
    line = complaint("run", FETCH, "--policies", tmp_path)
    assert "there is no policy walk.onnx" in line
    assert "praxis train walk" in line


def test_a_truncated_policy_is_named(tmp_path):
    (tmp_path / "walk.onnx").write_bytes(b"\x08\x07half")
    line = complaint("run", FETCH, "--policies", tmp_path)
    assert "walk.onnx is no whole ONNX file of 6 bytes" in line


def test_a_policy_without_a_contract_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Identity", ["obs"], ["actions"])],
        "bare",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("actions", TensorProto.FLOAT, [1, 3])],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    path = tmp_path / "walk.onnx"
    onnx.save(model, str(path))
    assert "walk.onnx" in complaint("run", FETCH, "--policies", tmp_path)
    assert "walk.onnx" in complaint("policy", "show", path)


def test_a_policy_that_is_not_there_cannot_be_shown(tmp_path):
    assert "a.onnx: cannot be read" in complaint("policy", "show", tmp_path / "a.onnx")


@pytest.mark.parametrize("option", ["--json", "--record", "--video"])
def test_an_output_without_a_folder_is_refused_at_once(option, tmp_path):
    path = tmp_path / "nowhere" / "file.mp4"
    line = complaint("run", FETCH, "--backend", "fake", option, path)
    assert "there is no folder" in line


def test_a_folder_is_no_output(tmp_path):
    line = complaint("run", FETCH, "--backend", "fake", "--json", tmp_path)
    assert "is a folder; give the path of a file" in line


@pytest.mark.parametrize("option", ["--record", "--video"])
def test_one_file_takes_one_episode(option, tmp_path):
    line = complaint("run", FETCH, "--episodes", 2, option, tmp_path / "a.mp4")
    assert f"{option} takes one episode; drop --episodes" in line


def test_a_video_needs_a_simulation_and_the_right_ending(tmp_path):
    words = ("run", FETCH, "--backend", "fake", "--video")
    assert "expected a name ending in .mp4" in complaint(*words, tmp_path / "a.avi")
    assert "--video needs a simulation" in complaint(*words, tmp_path / "a.mp4")


def test_an_unknown_option_is_one_line_too(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["praxis", "run", FETCH, "--unheard-of"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err == "praxis: No such option: --unheard-of\n"


def test_main_returns_the_exit_code_of_the_command(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["praxis", "run", FETCH, "--scene", "cellar"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    monkeypatch.setattr(sys, "argv", ["praxis", "skills"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0


# --- training ----------------------------------------------------------------------


def test_an_unknown_skill_cannot_be_trained():
    line = complaint("train", "fly")
    assert "there is no skill 'fly' to train (known: balance, grasp," in line


def test_an_unknown_skill_cannot_be_evaluated():
    pytest.importorskip("torch")
    assert "there is no skill 'fly' to evaluate" in complaint("evaluate", "fly")


def test_without_torch_training_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [n for n in sys.modules if n.startswith("skills.training.")]:
        monkeypatch.delitem(sys.modules, name)
    line = complaint("train", "walk")
    assert "training needs torch, which is not installed" in line
    assert "pip install 'praxis[train]'" in line


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("ppo.num_envs", "expected key=value"),
        ("ppo.fly=1", "unknown key 'ppo.fly'"),
        ("seed.more=1", "seed"),
        ("seed=[", "'[' is not a value in YAML"),
    ],
)
def test_a_wrong_override_is_named(override, words):
    assert words in complaint("train", "walk", "-o", override)


# --- looking -----------------------------------------------------------------------


def test_the_config_of_a_run_says_where_each_value_came_from():
    code, out, _ = praxis("run", "fetch_cup", "--seed", 3, "--print-config")
    lines = out.splitlines()
    assert code == 0
    assert "seed: 3  # command line" in lines
    assert "backend: mujoco  # default" in lines
    assert "task.items.1: grasp(object=cup)  # file fetch_cup" in lines
    assert "scene.floor_friction: [0.7, 1.0]  # file kitchen" in lines
    assert "robot.standing_height: 0.784  # file g1_dex3" in lines
    assert any(line.startswith("robot.joints.left_knee_joint: {") for line in lines)


def test_the_config_of_a_training_says_so_too():
    code, out, _ = praxis(
        *("train", "walk", "--steps", 5, "--num-envs", 8, "-o", "ppo.gamma=0.9"),
        "--print-config",
    )
    lines = out.splitlines()
    assert code == 0
    assert "total_steps: 5  # command line" in lines
    assert "ppo.num_envs: 8  # command line" in lines
    assert "ppo.gamma: 0.9  # command line" in lines
    assert "skill: walk  # file walk.yaml" in lines
    assert "episode_s: 20.0  # default" in lines


def test_the_tree_is_shown_without_moving_anything(tmp_path):
    code, out, _ = praxis("tree", FETCH, "--policies", tmp_path)
    assert code == 0
    assert out.splitlines()[0] == f"· {FETCH}"
    assert "└─ · step 2: grasp(object=cup)" in out
    assert "holding(cup)" in out
    assert "rehearsal skills" in out


def test_skills_are_listed_with_what_they_want(tmp_path):
    code, out, _ = praxis("skills", "--policies", tmp_path)
    assert code == 0
    for word in ("walk", "balance", "grasp", "manipulate", "target", "[duration_s]"):
        assert word in out
