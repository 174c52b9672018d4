"""newsletter serve, as the person who starts and ends it sees it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from newsletter.cli.listening_socket import base_url, open_sockets
from newsletter.embedded.shared_server import free_port
from newsletter.errors import SettingsError
from tests.features.house import House, environment
from tests.patience import HANGS_S, eventually


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_an_error_that_says_by_whom(house: House, taken: int) -> None:
    done = house.run("serve", "--port", str(taken))

    assert done.code == 2
    assert f"Port {taken} at 127.0.0.1 is taken by python" in done.err
    assert f"--port {taken + 1}" in done.err
    assert "Traceback" not in done.err
    assert "Ready" not in done.out


@pytest.mark.parametrize(
    ("host", "says"),
    [
        pytest.param("nowhere.invalid", "no address or name", id="unknown"),
        pytest.param("203.0.113.9", "no address of this machine", id="of another machine"),
        pytest.param("a" * 300, "no address or name", id="too long for a name"),
        pytest.param("localhost", "taken", id="a name"),
    ],
)
def test_a_host_that_cannot_be_listened_at_is_told(taken: int, host: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        open_sockets(host, taken)


@pytest.mark.parametrize(
    ("host", "base"),
    [
        pytest.param("127.0.0.1", "http://127.0.0.1:8000", id="this machine"),
        pytest.param("0.0.0.0", "http://127.0.0.1:8000", id="everywhere"),
        pytest.param("::", "http://[::1]:8000", id="everywhere, IPv6"),
        pytest.param("::1", "http://[::1]:8000", id="this machine, IPv6"),
        pytest.param("news.example.org", "http://news.example.org:8000", id="a name"),
    ],
)
def test_the_address_that_is_told_can_be_opened(host: str, base: str) -> None:
    assert base_url(host, 8000) == base


def test_a_signal_ends_the_pages_and_the_servers_that_they_started(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "serve.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", "serve", "--port", str(port)],
            env=environment(),
            cwd=tmp_path,
            stdout=file,
            stderr=file,
        )
    try:
        assert eventually(lambda: "Ready" in log.read_text())
        # Ready means that it answers, at the address that it says.
        assert f"http://127.0.0.1:{port}/" in log.read_text()
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz")
        servers = [
            json.loads(path.read_text())["server"]["pid"]
            for path in (tmp_path / ".data").glob("*/server.json")
        ]
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(HANGS_S)

    assert answer.json()["status"] == "ok"
    assert len(servers) == 3
    assert code == 0
    assert [pid for pid in servers if _is_running(pid)] == []


def test_a_signal_while_it_starts_leaves_no_server_either(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "serve", "--port", str(free_port())],
        env=environment(),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    known = tmp_path / ".data" / "database" / "lock"
    assert eventually(known.exists)

    process.send_signal(signal.SIGHUP)  # the terminal was closed
    process.send_signal(signal.SIGTERM)
    process.wait(HANGS_S)

    left = [
        one.pid
        for one in psutil.process_iter(["cmdline", "cwd"])
        if str(tmp_path) in " ".join(one.info["cmdline"] or ()) + (one.info["cwd"] or "")
    ]
    assert left == []


def _is_running(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody asked about does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
