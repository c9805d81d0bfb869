"""Several processes that train one policy together, as torchrun starts them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch

from configs.loader import ConfigError


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Who this process is among those that learn together."""

    rank: int = 0  # among all of them
    count: int = 1
    local_rank: int = 0  # on this machine

    @property
    def first(self) -> bool:
        """Whether this one writes files and shows progress."""
        return self.rank == 0

    @property
    def ppo_settings(self) -> dict[str, Any] | None:
        """What rsl_rl wants to know; None for a single process."""
        if self.count == 1:
            return None
        return {
            "global_rank": self.rank,
            "local_rank": self.local_rank,
            "world_size": self.count,
        }

    def device(self, asked: str) -> str:
        """Return this worker's own device: `cuda` becomes `cuda:LOCAL_RANK`."""
        return f"cuda:{self.local_rank}" if asked.startswith("cuda") else asked

    def join(self, device: str) -> None:
        """Meet the others; a single process goes on alone."""
        if self.count == 1 or torch.distributed.is_initialized():
            return
        kind = "nccl" if device.startswith("cuda") else "gloo"
        torch.distributed.init_process_group(kind)

    def leave(self) -> None:
        """Part from the others."""
        if self.count > 1 and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def workers_of_environment() -> Workers:
    """Read what torchrun has set.

    Raises:
        ConfigError: if the process was not started by torchrun.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise ConfigError(
            f"--distributed: {missing[0]} is not set, so this process has no partners. "
            "Start it with torchrun: torchrun --nproc-per-node 2 --no-python praxis "
            "train walk --distributed"
        )
    rank, count, local = (int(os.environ[name]) for name in names)
    return Workers(rank=rank, count=count, local_rank=local)
