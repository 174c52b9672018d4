"""Connections on which nothing comes, or from which nothing is taken, are closed."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from newsletter.web.http_server.protocol import BoundedProtocol
from newsletter.web.http_server.security_headers import SECURITY_HEADERS

pytestmark = pytest.mark.servers

LONG = b"a" * 50_000_000  # More than the buffers of two sockets hold.


class Impatient(BoundedProtocol):
    headers_within_s = 0.3
    taken_within_s = 0.3


async def _app(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": LONG if scope["path"] == "/long" else b"ok"})


@pytest.fixture
def connected() -> Iterator[Callable[[], socket.socket]]:
    """Makes connections to a server that waits for a third of a second."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(
        _app, http=Impatient, ws="none", lifespan="off", log_config=None, timeout_keep_alive=60
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    opened: list[socket.socket] = []

    def connect() -> socket.socket:
        opened.append(socket.create_connection(listener.getsockname(), timeout=30))
        return opened[-1]

    while not server.started:
        time.sleep(0.01)
    yield connect
    for one in opened:
        one.close()
    server.should_exit = True
    thread.join()


def _all(connection: socket.socket) -> bytes:
    """Everything that comes until the other side closes."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HT", id="half a line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", id="half a header"),
    ],
)
def test_a_request_that_is_never_finished_is_cut(
    connected: Callable[[], socket.socket], begun: bytes
) -> None:
    connection = connected()
    connection.sendall(begun)

    answer = _all(connection)

    assert b"408" in answer
    assert b"did not arrive in time" in answer


def test_a_second_request_is_waited_for_no_longer(connected: Callable[[], socket.socket]) -> None:
    connection = connected()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    while b"ok" not in connection.recv(65_536):
        pass
    connection.sendall(b"GET / HT")

    assert b"408" in _all(connection)


def test_what_is_no_http_is_answered_with_the_headers(
    connected: Callable[[], socket.socket],
) -> None:
    connection = connected()
    connection.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")

    answer = _all(connection).decode()

    assert "400" in answer.splitlines()[0]
    assert all(f"{name.lower()}: {value}" in answer for name, value in SECURITY_HEADERS.items())


def test_an_answer_that_nobody_takes_is_cut(connected: Callable[[], socket.socket]) -> None:
    connection = connected()
    connection.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
    connection.recv(1)
    other = connected()
    other.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"ok" in _all(other)
    time.sleep(1)  # far beyond the time in which something should have been taken

    assert len(_all(connection)) < len(LONG)
