"""The error for a log from which nothing can be identified."""

from __future__ import annotations

from configs.loader import ConfigError


class ExcitationError(ConfigError):
    """A log that was read well but does not hold what a fit needs; one line."""
