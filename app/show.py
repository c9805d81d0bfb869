"""Tables for a person: a plan, the skills, a policy file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from py_trees.behaviour import Behaviour
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app import tree_picture
from app.build import Plan, build_unpowered, skills_to_show
from app.options import RunOptions
from app.report import check_writable, write_text
from configs.loader import load_robot, load_scene
from planners.behaviours import RunSkill
from planners.display import as_text
from planners.planner import Planner
from planners.task import Step
from sim2real.backends import make_backend
from skills.contract import Condition, GoalError, Snapshot
from skills.library import policy_path
from skills.policy_contract import PolicyContract, read_contract
from skills.policy_network import Network
from skills.rehearsal_stage import Stage
from skills.selector.policy import SelectorContract, SelectorPolicy, is_selector

REHEARSED = "Contracts are those of the rehearsal skills: there are policies to train."


def show_tree(
    plan: Plan, console: Console, *, svg: Path | None = None, dot: Path | None = None
) -> None:
    """Print the tree of a task, and what each skill needs and promises at the start.

    Args:
        plan: with the task.
        console: to print on.
        svg: file for a picture of the tree.
        dot: file for the tree in graphviz' language.

    Raises:
        ConfigError: if a file cannot be written.
        GoalError: if the task makes no sense in the scene.
    """
    for path in (svg, dot):
        if path is not None:
            check_writable(path)
    assembly, rehearsed = build_unpowered(plan)
    state = assembly.backend.reset(plan.options.seed)
    snapshot = Snapshot(state=state, objects=assembly.backend.objects())
    planner = Planner(plan.task, assembly.runner, snapshot, assembly.budget)
    if svg is not None:
        write_text(svg, tree_picture.svg_text(planner.root))
    if dot is not None:
        write_text(dot, tree_picture.dot_text(planner.root))
    console.print(Text(as_text(planner.root, mark=tree_picture.mark_of)))
    console.print(Text(tree_picture.legend(planner.root), style="bright_black"))
    table = _table("skill", "needs", "keeps", "promises", "within")
    for step in _steps(planner.root):
        try:
            contract = assembly.runner.contract(step.goal, snapshot)
        except GoalError as error:  # it makes sense only later, or never
            table.add_row(Text(str(step)), Text(str(error)), "", "", "")
            continue
        table.add_row(
            Text(str(step)),
            _names(contract.pre),
            _names(contract.hold),
            _names(contract.post),
            f"{contract.timeout_s:.0f} s",
        )
    console.print(table)
    if rehearsed:
        console.print(REHEARSED, style="bright_black")


def _steps(root: Behaviour) -> Iterator[Step]:
    """Yield what the skills of a tree are to do, each once."""
    leaves = [node for node in root.iterate() if isinstance(node, RunSkill)]
    yield from {leaf.name: leaf.step for leaf in leaves}.values()


def show_skills(options: RunOptions, console: Console) -> None:
    """Print the skills, what they want to be told, and their policies."""
    robot = load_robot(options.robot)
    backend = make_backend("fake", robot, load_scene("empty"))
    skills, _ = skills_to_show(robot, options, cast(Stage, backend))
    table = _table("skill", "argument", "kind", "meaning", "policy")
    for name, skill in skills.items():
        file = policy_path(name, options.policies)
        policy = file.name if file.is_file() else f"none yet: praxis train {name}"
        for i, argument in enumerate(skill.arguments):
            wanted = argument.name if argument.required else f"[{argument.name}]"
            first = (name, policy) if i == 0 else ("", "")
            row = (first[0], wanted, argument.kind, argument.text, first[1])
            table.add_row(*map(Text, row))
    console.print(table)


def show_policy(path: Path, console: Console) -> None:
    """Print what a policy file says about itself.

    Raises:
        PolicyMismatch: if it is missing, cut short or no policy.
    """
    network = Network(path)
    if is_selector(network.metadata()):
        console.print(_selector(path, SelectorPolicy.load(path).contract))
        return
    contract = read_contract(network.metadata(), path.name)
    console.print(_facts(path, contract))
    console.print(_observations(contract))
    console.print(_actions(contract))


def _selector(path: Path, contract: SelectorContract) -> Table:
    table = _table("policy", str(path))
    rows = {
        "skill": "selector: which skill to start next",
        "robot": f"{contract.robot.name}, revision {contract.robot.revision}",
        "algorithm": contract.algorithm,
        "observation": "\n".join(contract.observations),
        "choices": "\n".join(contract.choices),
        **{
            f"situations known, {goal}": str(len(known))
            for goal, known in contract.known.items()
        },
        "training config": contract.training_digest,
        "golden pairs": str(contract.golden.count),
        "format": str(contract.format_version),
        **{f"note: {key}": str(value) for key, value in contract.notes.items()},
    }
    for key, value in rows.items():
        table.add_row(Text(key), Text(value))
    return table


def _facts(path: Path, contract: PolicyContract) -> Table:
    table = _table("policy", str(path))
    rows = {
        "skill": contract.skill,
        "robot": f"{contract.robot.name}, revision {contract.robot.revision}",
        "control period": f"{contract.control_dt} s",
        "observation": f"{contract.observation_size} numbers, "
        f"history {contract.history.length}",
        "signals": ", ".join(contract.signals) or "none",
        "quaternions": contract.quaternion_order,
        "sensors": ", ".join(contract.sensors),
        "training config": contract.training_digest,
        "golden pairs": str(contract.golden.count),
        "format": str(contract.format_version),
        **{f"note: {key}": str(value) for key, value in contract.notes.items()},
    }
    for key, value in rows.items():
        table.add_row(Text(key), Text(value))
    return table


def _observations(contract: PolicyContract) -> Table:
    table = _table("observation term", "size", "scale")
    for term in contract.observations:
        table.add_row(Text(term.name), str(term.size), f"{term.scale:g}")
    return table


def _actions(contract: PolicyContract) -> Table:
    action = contract.action
    table = _table(
        f"joint ({action.kind}, clip {action.clip:g})",
        "default [rad]",
        "scale [rad]",
        "stiffness [N m/rad]",
        "damping [N m s/rad]",
    )
    for row in zip(
        action.joints,
        action.default_joint_pos,
        action.scale,
        action.stiffness,
        action.damping,
        strict=True,
    ):
        table.add_row(Text(row[0]), *(f"{value:g}" for value in row[1:]))
    return table


def _names(conditions: Iterable[Condition]) -> Text:
    return Text("\n".join(condition.name for condition in conditions))


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    return table
