"""Settings of the learners that Isaac Lab's own train commands know, for our skills.

What the libraries share comes from the skill's training file, the rest from
`configs/training/isaaclab/`. Ours (`praxis train --engine isaaclab`) does more: it
bounds the learning rate, lets the critic begin before the actor, imitates an expert
and exports a policy that `praxis run` takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from configs.loader import CONFIG_DIR, read_yaml
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from skills.mirror import Mirror

Training = LegTrainingConfig | HandTrainingConfig
Settings = dict[str, Any]
FOLDER = CONFIG_DIR / "training" / "isaaclab"


def agent_settings(library: str, training: Training) -> Settings:
    """Return a library's settings for a skill, as plain data.

    Args:
        library: `rsl_rl`, `skrl` or `sb3`.
        training: of the skill.
    """
    settings: Settings = read_yaml(FOLDER / f"{library}.yaml")
    _FILL[library](settings, training)
    return settings


def usual_device() -> str:
    """Return where Isaac Lab's commands simulate and learn if nobody says."""
    return "cuda:0" if torch.cuda.is_available() else "cpu"


def rsl_rl_runner(training: Training) -> Any:
    """Return the settings as the configuration object that Isaac Lab hands to rsl_rl.

    Networks are not symmetric by construction as ours: with `symmetric: true` every
    batch is learned from twice, as it was and mirrored.
    """
    from isaaclab_rl.rsl_rl import (
        RslRlMLPModelCfg,
        RslRlOnPolicyRunnerCfg,
        RslRlPpoAlgorithmCfg,
        RslRlSymmetryCfg,
    )

    settings = agent_settings("rsl_rl", training)
    actor, algorithm = settings.pop("actor"), settings.pop("algorithm")
    noise = RslRlMLPModelCfg.GaussianDistributionCfg(**actor.pop("distribution"))
    symmetry = RslRlSymmetryCfg(
        use_data_augmentation=True, data_augmentation_func=with_mirror_images
    )
    return RslRlOnPolicyRunnerCfg(
        actor=RslRlMLPModelCfg(**actor, distribution_cfg=noise),
        critic=RslRlMLPModelCfg(**settings.pop("critic")),
        algorithm=RslRlPpoAlgorithmCfg(
            **algorithm, symmetry_cfg=symmetry if training.ppo.symmetric else None
        ),
        device=usual_device(),
        **settings,
    )


def with_mirror_images(
    env: Any, obs: Any | None, actions: torch.Tensor | None
) -> tuple[Any | None, torch.Tensor | None]:
    """Return a batch and, after it, its left-right mirror image, as rsl_rl wants it.

    Args:
        env: with one of our environments inside.
        obs: TensorDict with `policy` and `critic`, or None.
        actions: (N, k), or None.
    """
    task = env.unwrapped.task
    if obs is not None:
        other = obs.clone()
        seen = task.description.observation_mirror()
        other["policy"] = mirrored(seen, obs["policy"])
        other["critic"] = mirrored(task.critic_mirror(), obs["critic"])
        obs = torch.cat([obs, other], dim=0)
    if actions is not None:
        other = mirrored(task.description.action_mirror(), actions)
        actions = torch.cat([actions, other])
    return obs, actions


def mirrored(mirror: Mirror, values: torch.Tensor) -> torch.Tensor:
    """Return the mirror image of (N, n) on its device."""
    index = torch.as_tensor(mirror.index, device=values.device)
    sign = torch.as_tensor(mirror.sign, device=values.device)
    return values[:, index] * sign


def iterations(training: Training) -> int:
    """Return how many batches a training takes; of imitation only, as many of PPO."""
    steps = training.total_steps
    if steps == 0 and isinstance(training, HandTrainingConfig):
        steps = training.imitation_steps
    return max(1, -(-steps // (training.ppo.num_envs * training.ppo.steps_per_env)))


def _fill_rsl_rl(settings: Settings, training: Training) -> None:
    ppo = training.ppo
    settings |= {
        "seed": training.seed,
        "num_steps_per_env": ppo.steps_per_env,
        "max_iterations": iterations(training),
        "experiment_name": f"praxis_{training.skill}",
    }
    for name in ("actor", "critic"):
        settings[name] |= {"hidden_dims": list(ppo.hidden)}
    settings["actor"] |= {"distribution": {"init_std": ppo.init_std, "std_type": "log"}}
    settings["algorithm"] |= {
        "num_learning_epochs": ppo.epochs,
        "num_mini_batches": ppo.mini_batches,
        "learning_rate": ppo.learning_rate,
        "gamma": ppo.gamma,
        "lam": ppo.lam,
        "entropy_coef": ppo.entropy,
        "desired_kl": ppo.desired_kl,
        "clip_param": ppo.clip,
    }


def _fill_skrl(settings: Settings, training: Training) -> None:
    ppo = training.ppo
    settings["seed"] = training.seed
    for model in ("policy", "value"):
        settings["models"][model]["network"][0]["layers"] = list(ppo.hidden)
    log_std = float(torch.tensor(ppo.init_std).log())
    settings["models"]["policy"]["initial_log_std"] = log_std
    agent = settings["agent"]
    agent |= {
        "rollouts": ppo.steps_per_env,
        "learning_epochs": ppo.epochs,
        "mini_batches": ppo.mini_batches,
        "discount_factor": ppo.gamma,
        "lambda": ppo.lam,
        "learning_rate": ppo.learning_rate,
        "ratio_clip": ppo.clip,
        "entropy_loss_scale": ppo.entropy,
    }
    agent["learning_rate_scheduler_kwargs"]["kl_threshold"] = ppo.desired_kl
    agent["experiment"]["directory"] = f"praxis_{training.skill}"
    settings["trainer"]["timesteps"] = iterations(training) * ppo.steps_per_env


def _fill_sb3(settings: Settings, training: Training) -> None:
    ppo = training.ppo
    batch = ppo.num_envs * ppo.steps_per_env
    settings |= {
        "seed": training.seed,
        "n_timesteps": iterations(training) * batch,
        "n_steps": ppo.steps_per_env,
        "n_minibatches": ppo.mini_batches,
        "n_epochs": ppo.epochs,
        "gamma": ppo.gamma,
        "gae_lambda": ppo.lam,
        "ent_coef": ppo.entropy,
        "learning_rate": ppo.learning_rate,
        "clip_range": ppo.clip,
        "target_kl": 1.5 * ppo.desired_kl,
    }
    settings["policy_kwargs"] |= {
        "net_arch": list(ppo.hidden),
        "log_std_init": float(torch.tensor(ppo.init_std).log()),
    }


_FILL: dict[str, Callable[[Settings, Training], None]] = {
    "rsl_rl": _fill_rsl_rl,
    "skrl": _fill_skrl,
    "sb3": _fill_sb3,
}
