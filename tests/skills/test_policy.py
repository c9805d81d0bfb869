"""A policy file drives the robot as in training, or is refused with one clear line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import RobotState
from skills.description import ActionLayout, PolicyDescription
from skills.observations import Sense, Term, observe
from skills.policy import Policy, PolicyMismatch

torch = pytest.importorskip("torch", reason="policies are exported with torch")
onnx = pytest.importorskip("onnx", reason="policies are exported with onnx")

from skills.training.export import ExportError, export_policy  # noqa: E402

KNEES = ("left_knee_joint", "right_knee_joint")
SENSED = (*KNEES, "left_elbow_joint")
SIGNALS = {"velocity_command": [0.5, -0.1, 0.2], "gait_phase": 0.125, "moving": 1.0}
SIZE = 3 + 3 + 3 + 2 + 3 + 2 + 2


def describe(kind: str = "offset", clip: float = 6.0) -> PolicyDescription:
    return PolicyDescription(
        skill="walk",
        observations=(
            Term(name="base_ang_vel", size=3, scale=0.25),
            Term(name="projected_gravity", size=3),
            Term(name="velocity_command", size=3, scale=2.0),
            Term(name="gait_phase", size=2),
            Term(name="joint_pos_rel", size=3, joints=SENSED),
            Term(name="joint_vel", size=2, scale=0.05, joints=KNEES[::-1]),
            Term(name="last_action", size=2),
        ),
        action=ActionLayout(kind=kind, joints=KNEES, scale=(0.25, 0.1), clip=clip),
        sensed_joints=SENSED,
        control_dt=0.02,
    )


def random_actor(seed: int = 0, size: int = SIZE) -> Any:
    torch.manual_seed(seed)
    elu = torch.nn.ELU()  # one module twice, as in rsl_rl
    return torch.nn.Sequential(
        torch.nn.Linear(size, 16),
        elu,
        torch.nn.Linear(16, 8),
        elu,
        torch.nn.Linear(8, 2),
    )


def constant_actor(*actions: float) -> Any:
    """A network that always answers the same."""
    layer = torch.nn.Linear(SIZE, 2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.tensor(actions))
    return torch.nn.Sequential(layer)


def golden(count: int = 8) -> np.ndarray:
    rng = np.random.default_rng(7)
    return rng.normal(size=(count, SIZE)).astype(np.float32)


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    """The G1, with the numbers that these tests work with."""
    robot = load_robot()
    for knee in KNEES:
        robot = with_joint(robot, knee, default_pos=0.3, stiffness=150.0, damping=4.0)
    return with_joint(robot, "left_elbow_joint", default_pos=0.9)


@pytest.fixture
def export(tmp_path: Path, robot: RobotConfig) -> Callable[..., Path]:
    def write(actor: Any = None, **changes: Any) -> Path:
        path = tmp_path / "walk.onnx"
        options = {
            "description": describe(),
            "robot": robot,
            "config_digest": "0123abcd",
            "golden_observations": golden(),
            "notes": {"gait_period_s": 0.8},
            **changes,
        }
        export_policy(actor or random_actor(), path=path, **options)
        return path

    return write


def changed(robot: RobotConfig, **fields: Any) -> RobotConfig:
    return RobotConfig.model_validate({**robot.model_dump(), **fields})


def with_joint(robot: RobotConfig, name: str, **fields: float) -> RobotConfig:
    joints = [
        {**joint.model_dump(), **(fields if joint.name == name else {})}
        for joint in robot.joints
    ]
    return changed(robot, joints=joints)


def measured(robot: RobotConfig, **joint_pos: float) -> RobotState:
    """Standing in the default pose, but for some joints; joint i turns at i rad/s."""
    pos = robot.default_joint_pos.copy()
    for name, value in joint_pos.items():
        pos[robot.joint_names.index(name)] = value
    return RobotState(
        time=0.0,
        joint_pos=pos,
        joint_vel=np.arange(len(pos), dtype=float),
        joint_effort=np.zeros(len(pos)),
        base_pos_w=np.array([0.0, 0.0, 0.78]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.array([0.4, 0.0, -0.8]),
    )


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the contract inside a policy file."""
    model = onnx.load(path)
    data = json.loads(model.metadata_props[0].value)
    change(data)
    model.metadata_props[0].value = json.dumps(data)
    onnx.save(model, path)


# --- what goes in, what comes out ---------------------------------------------------


def test_observation_is_the_terms_in_order_and_scaled(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    policy = Policy.load(export(), robot)
    state = measured(robot, left_knee_joint=0.5)
    policy.reset(state)
    policy.act(state, SIGNALS)
    root = 0.5**0.5  # an eighth of a turn
    left = 0.05 * robot.joint_names.index("left_knee_joint")
    right = 0.05 * robot.joint_names.index("right_knee_joint")
    expected = [
        *(0.1, 0.0, -0.2),
        *(0.0, 0.0, -1.0),
        *(1.0, -0.2, 0.4),
        *(root, root),
        *(0.2, 0.0, 0.0),
        *(right, left),
        *(0.0, 0.0),
    ]
    assert policy.last_observation.dtype == np.float32
    assert_allclose(policy.last_observation, expected, atol=1e-6)


def test_observation_is_the_trainers_to_the_bit(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    policy = Policy.load(export(), robot)
    state = measured(robot, left_elbow_joint=0.123456789)
    policy.reset(state)
    place = [robot.joint_names.index(name) for name in SENSED]

    def batch(values: Any) -> np.ndarray:
        return np.tile(np.asarray(values, np.float32), (2, 1))

    sense = Sense(
        joint_names=SENSED,
        joint_pos=batch(state.joint_pos[place]),
        joint_vel=batch(state.joint_vel[place]),
        default_joint_pos=robot.default_joint_pos[place].astype(np.float32),
        base_quat_wxyz=batch(state.base_quat_wxyz),
        base_ang_vel=batch(state.base_ang_vel),
        last_action=np.zeros((2, 2), np.float32),
        signals={
            "velocity_command": batch(SIGNALS["velocity_command"]),
            "gait_phase": np.full(2, 0.125, np.float32),
            "moving": np.ones(2, np.float32),
        },
    )
    trainer = observe(describe().observations, sense)
    assert_array_equal(policy.observe(state, SIGNALS), trainer[1])


def test_offset_targets_are_default_pose_plus_scaled_and_clipped_action(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    policy = Policy.load(export(constant_actor(1.0, -20.0)), robot)
    policy.reset(measured(robot))
    target = policy.act(measured(robot), SIGNALS)
    assert_allclose(target, [0.3 + 0.25, 0.3 - 6.0 * 0.1], atol=1e-6)


def test_the_network_sees_its_last_action_as_it_was_clipped(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    policy = Policy.load(export(constant_actor(1.0, -20.0)), robot)
    policy.reset(measured(robot))
    policy.act(measured(robot), SIGNALS)
    assert_array_equal(policy.last_observation[-2:], [0.0, 0.0])
    policy.act(measured(robot), SIGNALS)
    assert_array_equal(policy.last_observation[-2:], [1.0, -6.0])


def test_increments_add_up_from_the_measured_pose_and_stop_at_the_limit(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export(
        constant_actor(1.0, -2.0), description=describe(kind="increment", clip=1.0)
    )
    policy = Policy.load(path, robot)
    policy.reset(measured(robot, left_knee_joint=1.0, right_knee_joint=0.1))
    elsewhere = measured(robot)  # the joints lag; the targets go on all the same
    first = policy.act(elsewhere, SIGNALS)
    second = policy.act(elsewhere, SIGNALS)
    assert_allclose(first, [1.25, 0.0], atol=1e-6)
    assert_allclose(second, [1.5, -0.08727], atol=1e-6)


def test_reset_forgets_the_last_action_and_the_target(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export(random_actor(3), description=describe(kind="increment"))
    fresh, used = Policy.load(path, robot), Policy.load(path, robot)
    state = measured(robot, left_knee_joint=0.7)
    used.reset(measured(robot))
    for _ in range(5):
        used.act(measured(robot), SIGNALS)
    used.reset(state)
    fresh.reset(state)
    for _ in range(3):
        assert_array_equal(used.act(state, SIGNALS), fresh.act(state, SIGNALS))
        assert_array_equal(used.last_observation, fresh.last_observation)


def test_targets_already_returned_never_change(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    policy = Policy.load(export(description=describe(kind="increment")), robot)
    policy.reset(measured(robot))
    first = policy.act(measured(robot), SIGNALS)
    kept = first.copy()
    policy.act(measured(robot), SIGNALS)
    assert_array_equal(first, kept)


def test_acting_before_reset_is_an_error(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    policy = Policy.load(export(), robot)
    with pytest.raises(RuntimeError, match=r"call reset\(state\) first"):
        policy.act(measured(robot), SIGNALS)


def test_a_robot_with_joints_in_another_order_gets_the_same_targets(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export()
    other = changed(robot, joints=[j.model_dump() for j in robot.joints[::-1]])
    here, there = Policy.load(path, robot), Policy.load(path, other)
    state = measured(robot, left_knee_joint=0.5)
    turned = RobotState(
        **{
            **vars(state),
            "joint_pos": state.joint_pos[::-1],
            "joint_vel": state.joint_vel[::-1],
        }
    )
    here.reset(state)
    there.reset(turned)
    assert_array_equal(here.act(state, SIGNALS), there.act(turned, SIGNALS))


def test_the_contract_names_the_signals_to_give(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    contract = Policy.load(export(), robot).contract
    assert contract.signals == ("velocity_command", "gait_phase", "moving")
    assert contract.notes == {"gait_period_s": 0.8}
    assert contract.training_digest == "0123abcd"
    assert contract.sensors == (
        "base_ang_vel",
        "base_quat_wxyz",
        "joint_pos",
        "joint_vel",
    )


# --- export, then load ----------------------------------------------------------------


def test_export_then_load_equals_torch(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    actor = random_actor(5)
    policy = Policy.load(export(actor), robot)
    policy.reset(measured(robot))
    rng = np.random.default_rng(2)
    for knee in rng.uniform(0.0, 1.0, 5):
        state = measured(robot, left_knee_joint=knee)
        target = policy.act(state, SIGNALS)
        with torch.no_grad():
            action = actor(torch.tensor(policy.last_observation)).numpy()
        assert_allclose(target, [0.3, 0.3] + np.array([0.25, 0.1]) * action, atol=1e-5)


def test_gains_and_pose_survive_to_the_last_bit(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    third = with_joint(
        robot, "left_knee_joint", stiffness=100 / 3, damping=1e-7, default_pos=0.1 + 0.2
    )
    policy = Policy.load(export(robot=third), third)
    assert policy.stiffness[0] == 100 / 3
    assert policy.damping[0] == 1e-7
    assert policy.contract.action.default_joint_pos[0] == 0.1 + 0.2


def test_an_actor_of_rsl_rl_with_normalised_observations_is_exported(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    models = pytest.importorskip("rsl_rl.models", reason="the trainer needs rsl_rl")
    tensordict = pytest.importorskip("tensordict", reason="rsl_rl needs tensordict")

    def pack(values: Any) -> Any:
        return tensordict.TensorDict({"actor": values}, batch_size=[len(values)])

    torch.manual_seed(1)
    actor = models.MLPModel(
        pack(torch.zeros(1, SIZE)),
        {"actor": ["actor"]},
        "actor",
        2,
        hidden_dims=[16, 8],
        activation="elu",
        obs_normalization=True,
        distribution_cfg={
            "class_name": "GaussianDistribution",
            "init_std": 0.8,
            "std_type": "log",
        },
    )
    actor.update_normalization(pack(3.0 * torch.randn(100, SIZE) + 1.0))
    observations = golden(9)
    policy = Policy.load(export(actor, golden_observations=observations), robot)
    with torch.no_grad():
        expected = actor(pack(torch.tensor(observations))).numpy()
    stored, actions = policy.contract.golden_pairs()
    assert_array_equal(stored, observations)
    assert_allclose(actions, expected, atol=1e-6)


def test_the_same_actor_gives_the_same_file(export: Callable[..., Path]) -> None:
    first = export(random_actor(4)).read_bytes()
    assert export(random_actor(4)).read_bytes() == first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"golden_observations": golden(7)}, "7 golden observations, expected 8 or"),
        (
            {"golden_observations": np.zeros((8, 4), np.float32)},
            rf"shape \(8, 4\), expected \(count, {SIZE}\)",
        ),
        ({"actor": "wide"}, f"turns 20 observations into 2 .* describes {SIZE} and 2"),
        ({"actor": "lstm"}, "cannot export a LSTM, expected an nn.Sequential"),
        ({"actor": "sigmoid"}, "layer 1 is a Sigmoid; known: Linear, ELU"),
        ({"actor": "empty"}, "no linear layer"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_the_old_file_stays(
    export: Callable[..., Path], changes: dict[str, Any], message: str
) -> None:
    nn = torch.nn
    actors = {
        "wide": random_actor(size=20),
        "lstm": nn.LSTM(SIZE, 2),
        "sigmoid": nn.Sequential(nn.Linear(SIZE, 2), nn.Sigmoid()),
        "empty": nn.Sequential(nn.ELU()),
        None: random_actor(),
    }
    path = export()
    before = path.read_bytes()
    with pytest.raises(ExportError, match=message):
        export(**{**changes, "actor": actors[changes.get("actor")]})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


# --- refusals ------------------------------------------------------------------------


def test_a_missing_file_is_refused(tmp_path: Path, robot: RobotConfig) -> None:
    with pytest.raises(PolicyMismatch, match=r"No such file.*train and export one"):
        Policy.load(tmp_path / "walk.onnx", robot)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused(
    export: Callable[..., Path], robot: RobotConfig, share: float
) -> None:
    path = export()
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(PolicyMismatch, match=r"^walk.onnx .*[Ee]xport it"):
        Policy.load(path, robot)


def test_something_else_than_onnx_is_refused(
    tmp_path: Path, robot: RobotConfig
) -> None:
    path = tmp_path / "walk.onnx"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(PolicyMismatch, match="is no whole ONNX file of 43 bytes"):
        Policy.load(path, robot)


def test_a_network_without_contract_is_refused(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export()
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(PolicyMismatch, match="carries no contract"):
        Policy.load(path, robot)


def test_a_contract_that_is_no_json_is_refused(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export()
    model = onnx.load(path)
    model.metadata_props[0].value = "{"
    onnx.save(model, path)
    with pytest.raises(PolicyMismatch, match="contract is not JSON"):
        Policy.load(path, robot)


def test_changed_weights_are_refused_by_the_golden_pairs(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export(constant_actor(1.0, 2.0))
    model = onnx.load(path)
    bias = next(c for c in model.graph.initializer if c.name.startswith("bias"))
    bias.CopyFrom(
        onnx.numpy_helper.from_array(np.array([1.0, 2.0001], np.float32), bias.name)
    )
    onnx.save(model, path)
    with pytest.raises(
        PolicyMismatch,
        match=r"golden pair 0 gives 2.0001 for right_knee_joint, expected 2:",
    ):
        Policy.load(path, robot)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_network_that_is_not_finite_is_refused(
    export: Callable[..., Path], number: float
) -> None:
    with pytest.raises(PolicyMismatch, match="golden pair 0 gives"):
        export(constant_actor(1.0, number))


def test_a_network_with_other_ports_is_refused(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export()
    model = onnx.load(path)
    model.graph.input[0].name = model.graph.node[0].input[0] = "observation"
    onnx.save(model, path)
    with pytest.raises(
        PolicyMismatch,
        match=r"expected one input 'obs', float32 of shape \(1, k\), "
        r"got 'observation' \[1, 18\]",
    ):
        Policy.load(path, robot)


def _set(*keys: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to

    return change


REFUSED: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (_set("format_version", to=2), "written in policy format 2, .* reads 1"),
    (_set("quaternion_order", to="xyzw"), "quaternion_order: .*'wxyz', got 'xyzw'"),
    (_set("history", "length", to=0), "history.length: .*1, got 0"),
    (_set("action", "kind", to="torque"), "action.kind: .*got 'torque'"),
    (_set("control_dt", to=0.0), "control_dt: .*greater than 0"),
    (_set("extra", to=1), "unknown key 'extra'"),
    (lambda data: data.pop("skill"), "key 'skill' is missing"),
    (_set("observations", 2, "scale", to=None), "term 'velocity_command': scale: "),
    (_set("observations", 2, "size", to=0), "term 'velocity_command': size: "),
    (_set("observations", 2, "unit", to="m"), "term 'velocity_command': unknown key"),
    (_set("observations", 0, "size", to=4), "'base_ang_vel' has size 4, expected 3"),
    (_set("observations", 4, "size", to=2), "'joint_pos_rel' has size 2, expected 3"),
    (_set("observations", 6, "size", to=3), "'last_action' has size 3, expected 2"),
    (
        _set("observations", 5, "joints", to=["left_knee_joint", "left_hip_yaw_joint"]),
        "term 'joint_vel' looks at joint 'left_hip_yaw_joint', which is not among",
    ),
    (
        _set("observations", 2, "size", to=4),
        r"terms add up to 19 \(base_ang_vel 3, .*\), its network takes 18",
    ),
    (
        _set("action", "stiffness", to=[150.0]),
        "action.stiffness has 1 numbers, expected one for each of its 2 joints",
    ),
    (
        _set("action", "joints", to=[KNEES[0], KNEES[0]]),
        "action lists joint 'left_knee_joint' twice",
    ),
    (_set("golden", "count", to=3), "golden.count: .*greater than or equal to 8"),
    (_set("golden", "actions", to="?"), "golden pairs cannot be read"),
    (_set("golden", "actions", to="AAAA"), "golden pairs cannot be read"),
    (
        _set("robot", "revision", to="rev_2"),
        "trained for revision rev_2 of g1_dex3, this robot is revision g1_29dof",
    ),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_a_contract_that_makes_no_sense_is_refused(
    export: Callable[..., Path],
    robot: RobotConfig,
    change: Callable[[dict[str, Any]], None],
    message: str,
) -> None:
    path = export()
    rewrite(path, change)
    with pytest.raises(PolicyMismatch, match=message) as refusal:
        Policy.load(path, robot)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith("walk.onnx")


def test_more_outputs_than_joints_are_refused(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export()

    def drop_a_joint(data: dict[str, Any]) -> None:
        action = data["action"]
        for key in ("joints", "scale", "default_joint_pos", "stiffness", "damping"):
            action[key] = action[key][:1]
        data["observations"][6]["size"] = 1
        data["observations"][2]["size"] = 4  # so that the sum still fits

    rewrite(path, drop_a_joint)
    with pytest.raises(PolicyMismatch, match=r"moves 1 joints, .* gives 2 actions"):
        Policy.load(path, robot)


def test_a_robot_that_lacks_a_joint_is_refused(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    joints = [j.model_dump() for j in robot.joints if j.name != "left_elbow_joint"]
    legs_only = changed(robot, name="g1_legs", joints=joints)
    with pytest.raises(
        PolicyMismatch,
        match=r"wants joint 'left_elbow_joint', robot g1_legs lacks it. Use a "
        "policy exported for g1_legs, or --robot g1_dex3.",
    ):
        Policy.load(export(), legs_only)


@pytest.mark.parametrize(
    ("joint", "fields", "message"),
    [
        (
            "left_knee_joint",
            {"stiffness": 151.0},
            "trained with stiffness 150.0 N m/rad at left_knee_joint, robot g1_dex3 "
            "has 151.0 N m/rad",
        ),
        ("right_knee_joint", {"damping": 4.00001}, "damping 4.0 .* has 4.00001"),
        ("left_knee_joint", {"default_pos": 0.2}, "default_pos 0.3 rad .* has 0.2"),
        ("left_elbow_joint", {"default_pos": 0.8}, "default_pos 0.9 rad .* has 0.8"),
    ],
)
def test_a_robot_with_other_numbers_is_refused(
    export: Callable[..., Path],
    robot: RobotConfig,
    joint: str,
    fields: dict[str, float],
    message: str,
) -> None:
    with pytest.raises(PolicyMismatch, match=message):
        Policy.load(export(), with_joint(robot, joint, **fields))


def test_numbers_that_no_policy_depends_on_may_differ(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    Policy.load(export(), with_joint(robot, "left_elbow_joint", stiffness=55.0))
    Policy.load(export(), with_joint(robot, "left_knee_joint", stiffness=150 + 1e-7))


def test_another_control_period_is_refused(
    export: Callable[..., Path], robot: RobotConfig
) -> None:
    path = export()
    Policy.load(path, robot, control_dt=0.02)
    with pytest.raises(
        PolicyMismatch, match=r"period of 0.02 s, this loop runs at 0.01"
    ):
        Policy.load(path, robot, control_dt=0.01)
