"""Check where a language model is asked, and that its key is safe on the way."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


class LlmError(ValueError):
    """A language model that gave no task; the message is one line for a person."""


def split_url(url: str) -> SplitResult:
    """Take the URL of an endpoint apart; no error repeats it, it may hold a password.

    Raises:
        LlmError: if it is no URL, or has parts that must not be shown.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  checked when it is read
    except ValueError:
        raise LlmError("llm: the URL is none; write it as https://host/v1.") from None
    clean = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not parts.hostname or not clean:
        raise LlmError(
            "llm: the URL must begin with https:// or http:// and name a host, such "
            "as http://localhost:11434/v1."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise LlmError(
            "llm: the URL may hold no password and nothing after '?' or '#', because "
            "it is shown. A key belongs in the environment, in PRAXIS_LLM_KEY."
        )
    return parts


def check_key(key: str, *, in_clear: bool) -> None:
    """Refuse a key that cannot be one, or that others could read on its way.

    Raises:
        LlmError: saying what to do; the key is not repeated.
    """
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise LlmError(
            "llm: PRAXIS_LLM_KEY holds characters that no key has; set it again."
        )
    if key and in_clear:
        raise LlmError(
            "llm: the key would go over the network in clear, where others can read "
            "it. Use an https:// URL, or unset PRAXIS_LLM_KEY if none is needed."
        )


def is_this_machine(host: str) -> bool:
    """Return whether messages to a host stay on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
