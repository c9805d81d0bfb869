"""Ask a language model over HTTP: messages in, one text out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException, HTTPMessage
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from planners.llm_address import LlmError, check_key, is_this_machine, split_url

TIMEOUT_S = 30.0  # for a whole answer [s]
MAX_BYTES = 1_000_000  # of an answer
MAX_SHOWN = 300  # characters of an error

# What an endpoint may know or not; on HTTP 400 it is asked with fewer of them.
EXTRAS: tuple[Mapping[str, Any], ...] = (
    {"temperature": 0, "response_format": {"type": "json_object"}},
    {"temperature": 0},
    {},
)

T = TypeVar("T")


class Endpoint:
    """An OpenAI-compatible endpoint and one of its models.

    The key goes into a header of the request and nowhere else.
    """

    def __init__(
        self, url: str, model: str, key: str = "", *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Check where the messages would go.

        Args:
            url: such as `https://host/v1`, or with `/chat/completions` at its end.
            model: as the endpoint calls it.
            key: of the endpoint, empty if it wants none.
            timeout_s: for a whole answer, wall-clock time [s].

        Raises:
            LlmError: if the URL or the key cannot be used.
        """
        self.model = model
        self._key = key.strip()
        parts = split_url(url)
        self._host = parts.hostname or ""
        path = parts.path.rstrip("/").removesuffix("/chat/completions")
        self._url = f"{parts.scheme}://{parts.netloc}{path}/chat/completions"
        self._timeout_s = timeout_s
        self._dropped = 0  # how many of EXTRAS the endpoint has refused
        here = is_this_machine(self._host)
        check_key(self._key, in_clear=parts.scheme == "http" and not here)
        # A proxy must not see what is meant to stay on this machine.
        direct = [ProxyHandler({})] if here else []
        self._opener = build_opener(_NoRedirects, *direct)

    def ask(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return what the model says to a conversation.

        Raises:
            LlmError: if the endpoint cannot be reached or its answer is none.
        """
        status, body, moved_to = self._post(messages)
        while status == 400 and self._dropped < len(EXTRAS) - 1:
            self._dropped += 1
            status, body, moved_to = self._post(messages)
        if status != 200:
            raise self._error(self._refusal(status, body, moved_to))
        if len(body) > MAX_BYTES:
            raise self._error(
                f"answered with more than {MAX_BYTES // 1_000_000} MB; a task has a "
                "few lines. Use another model or endpoint"
            )
        return self._content(body)

    def fit_to_show(self, text: str) -> str:
        """Return one short line without control characters and without the key."""
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if self._key:
            line = line.replace(self._key, "***")
        return line if len(line) <= MAX_SHOWN else f"{line[:MAX_SHOWN]}..."

    def _post(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, bytes, str]:
        """Return the status, the body, and where a redirection points."""
        question = {"model": self.model, "messages": list(messages)}
        headers = {"Content-Type": "application/json", "User-Agent": "praxis"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = Request(
            self._url,
            data=json.dumps({**question, **EXTRAS[self._dropped]}).encode("ascii"),
            headers=headers,
            method="POST",
        )
        try:
            return _within(self._timeout_s, lambda: self._exchange(request))
        except (Empty, OSError, HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, Empty | TimeoutError):
            raise self._error(
                f"gave no answer within {self._timeout_s:g} s. Try again, or use a "
                "faster model"
            )
        raise self._error(
            f"cannot be reached ({reason or type(reason).__name__}). Is it running, "
            "and is the URL right"
        )

    def _exchange(self, request: Request) -> tuple[int, bytes, str]:
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return answer.status, answer.read(MAX_BYTES + 1), ""
        except HTTPError as error:
            with error:
                moved_to = error.headers.get("Location", "") if error.headers else ""
                return error.code, error.read(MAX_BYTES + 1), moved_to

    def _refusal(self, status: int, body: bytes, moved_to: str) -> str:
        if status in (401, 403):
            # What it says about the key may repeat it.
            what = "refuses the key" if self._key else "wants a key"
            return f"{what} (HTTP {status}). Set PRAXIS_LLM_KEY to one that it accepts"
        if 300 <= status < 400:
            return (
                f"redirects to '{_host_of(moved_to)}' (HTTP {status}), which was not "
                "asked for. Give that URL if you trust it"
            )
        if status == 404:
            return (
                "knows no such address or model (HTTP 404). A URL usually ends in "
                f"/v1; the model asked for is '{self.model}'"
            )
        said = _said(body)
        return f"answered HTTP {status}" + (f": {said}" if said else "")

    def _content(self, body: bytes) -> str:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise self._error(
                "answered with something that is not JSON. Is the URL that of an "
                "OpenAI-compatible API"
            ) from None
        try:
            content = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            content = None
        if not isinstance(content, str):
            raise self._error(
                "answered without choices[0].message.content. Is the URL that of an "
                "OpenAI-compatible API"
            )
        return content

    def _error(self, text: str) -> LlmError:
        return LlmError(self.fit_to_show(f"llm: {self._host} {text}."))


class _NoRedirects(HTTPRedirectHandler):
    """Leaves a redirection an error: it would carry the key to another host."""

    def http_error_302(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> None:
        """Follow no redirection, and do not even read where it leads."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or "another address"
    except ValueError:
        return "another address"


def _said(body: bytes) -> str:
    """Return the error message in an answer, or nothing."""
    try:
        message = json.loads(body)["error"]["message"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return message if isinstance(message, str) else ""


def _within(timeout_s: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, or raise `Empty` when it takes too long.

    The timeout of a socket starts anew with every byte, and does not count the time
    to look up a name.
    """
    outcome: Queue[T | Exception] = Queue()

    def work() -> None:
        try:
            outcome.put(call())
        except Exception as error:
            outcome.put(error)

    Thread(target=work, daemon=True).start()
    found = outcome.get(timeout=timeout_s)
    if isinstance(found, Exception):
        raise found
    return found
