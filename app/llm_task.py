"""Have a language model read the sentence of a run, for `--planner llm`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from app.options import RunOptions
from configs.loader import ConfigError
from planners.llm import Surroundings, task_from_llm
from planners.llm_address import LlmError
from planners.llm_endpoint import Endpoint
from planners.task import Task
from sim2real.robot import ObjectState
from skills.contract import Skill

KEY = "PRAXIS_LLM_KEY"
VARIABLES = {"llm_url": "PRAXIS_LLM_URL", "llm_model": "PRAXIS_LLM_MODEL"}
"""Where options come from that were not given; the key comes from nowhere else."""


def check_llm_options(options: RunOptions) -> None:
    """Refuse settings of a language model where none is asked.

    Raises:
        ConfigError: naming the option.
    """
    if options.planner == "llm":
        return
    for name in VARIABLES:
        if getattr(options, name) is not None:
            raise ConfigError(
                f"--{_spelled(name)} is of use with --planner llm only; add that, or "
                "drop it."
            )


def read_with_llm(
    sentence: str,
    options: RunOptions,
    objects: Mapping[str, ObjectState],
    skills: Mapping[str, Skill],
    check: Callable[[Task], None],
) -> Task:
    """Return the task that the endpoint of the options makes of a sentence.

    Raises:
        LlmError: if a setting is missing, or there is no task that passes `check`.
    """
    endpoint = Endpoint(
        url=_setting("llm_url", options),
        model=_setting("llm_model", options),
        key=os.environ.get(KEY, ""),
    )
    arguments = {name: skill.arguments for name, skill in skills.items()}
    surroundings = Surroundings(objects=objects, skills=arguments)
    return task_from_llm(sentence, surroundings, endpoint, check)


def from_environment(name: str, options: RunOptions) -> str | None:
    """Return an option that was not given but is set in the environment, or None."""
    if options.planner != "llm" or getattr(options, name) is not None:
        return None
    return os.environ.get(VARIABLES[name]) or None


def understood(task: Task) -> list[str]:
    """Return the items of a task as lines, for the operator to look at."""
    numbered = enumerate(task.items, start=1)
    return ["understood as:", *(f"  {number}. {item}" for number, item in numbered)]


def _setting(name: str, options: RunOptions) -> str:
    value = getattr(options, name) or from_environment(name, options)
    if not value:
        raise LlmError(
            f"llm: --planner llm needs --{_spelled(name)}, or {VARIABLES[name]} in "
            "the environment."
        )
    return str(value)


def _spelled(name: str) -> str:
    return name.replace("_", "-")
