"""A language model that says what a test tells it to, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

Reply = Callable[[BaseHTTPRequestHandler], None]


def _reply(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """Answer with these bytes."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": len(body)}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(body)

    return send


@dataclass
class LlmStub:
    """An endpoint. The last reply is repeated; everything it was sent is kept."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    released: Event = field(default_factory=Event)

    def say(self, *answers: object) -> None:
        """Answer with these contents; what is no text becomes JSON."""
        for content in answers:
            text = content if isinstance(content, str) else json.dumps(content)
            message = {"role": "assistant", "content": text}
            self.send(_reply(json.dumps({"choices": [{"message": message}]}).encode()))

    def send(self, *replies: Reply) -> None:
        """Answer with these replies."""
        self.replies += replies

    def refuse(self, status: int, message: str = "", **headers: str) -> None:
        """Answer with an error."""
        body = json.dumps({"error": {"message": message}}).encode()
        self.send(_reply(body, status, headers))

    def hang(self) -> None:
        """Take the question and say nothing until the test is over."""
        self.send(lambda handler: self.released.wait() and None)

    def trickle(self) -> None:
        """Send an endless header, byte by byte, faster than a socket gives up."""

        def send(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.flush_headers()
            handler.wfile.write(b"X-Endless: ")
            while not self.released.wait(0.02):
                handler.wfile.write(b"x")

        self.send(send)

    @property
    def told(self) -> list[str]:
        """What the model was told in the last question, message by message."""
        return [message["content"] for message in self.questions[-1]["messages"]]


@pytest.fixture
def reply() -> Callable[..., Reply]:
    """Make a reply of bytes, a status and headers."""
    return _reply


@pytest.fixture
def llm() -> Iterator[LlmStub]:
    stub = LlmStub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            stub.questions.append(json.loads(self.rfile.read(size)))
            stub.paths.append(self.path)
            stub.headers.append(dict(self.headers))
            answer = stub.replies.pop(0) if len(stub.replies) > 1 else stub.replies[0]
            try:
                answer(self)
            except ConnectionError:
                self.close_connection = True  # the other side has given up

        def log_message(self, format: str, *args: object) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield stub
    stub.released.set()
    server.shutdown()
    thread.join()
    server.server_close()
