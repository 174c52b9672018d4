"""One server for a folder: started by the first process that uses it, ended by the last."""

import fcntl
import json
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from newsletter.errors import SettingsError

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_WAIT_S = 15  # PostgreSQL writes a checkpoint before it ends; a laptop's disk takes seconds.


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers, and its process. started is that process's start time."""

    url: str
    pid: int
    started: float

    def is_alive(self) -> bool:
        return _is_running(self.pid, self.started)


@contextmanager
def join_or_start(
    folder: Path, start: Callable[[Path], Server], stop: Callable[[Server], None]
) -> Iterator[Server]:
    """The server of folder: the one that runs there, or a new one; ended when its last user leaves.

    Users are written down by process id and start time, so one that was killed does not count.
    Raises SettingsError when folder cannot be written to.
    """
    folder = folder.resolve()  # servers change their working folder
    me = [os.getpid(), psutil.Process().create_time()]
    # A signal in the middle would leave a server that nobody has written down, or half ended.
    with signals_deferred(), _locked(folder):
        server, users = _read(folder)
        if server is None or not server.is_alive():
            server, users = start(folder), []
        _write(folder, server, [*_alive(users), me])
    try:
        yield server
    finally:
        with signals_deferred(), _locked(folder):
            kept, users = _read(folder)
            if kept == server:
                if me in users:
                    users.remove(me)
                users = _alive(users)
                if not users:
                    stop(server)
                _write(folder, server, users)


def end(server: Server, *, number: int) -> None:
    """Ask the server's process to end by this signal, and wait; kill it when it does not."""
    try:
        process = psutil.Process(server.pid)
        if not server.is_alive():
            return
        process.send_signal(number)
        if not wait_until(lambda: not server.is_alive(), timeout_s=STOP_WAIT_S):
            process.kill()
            wait_until(lambda: not server.is_alive(), timeout_s=STOP_WAIT_S)
    except psutil.NoSuchProcess:
        return


def identified(pid: int, url: str) -> Server:
    """The server with this process id, which has just been started."""
    return Server(url=url, pid=pid, started=psutil.Process(pid).create_time())


def wait_until(is_ready: Callable[[], bool], *, timeout_s: float) -> bool:
    """Whether is_ready said yes within timeout_s."""
    ends_at = time.monotonic() + timeout_s
    while not is_ready():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Let the signals that end a process wait until the end of the with statement.

    Only the main thread can, and only it is interrupted by them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if callable(handler) or handler is signal.SIG_DFL:
            signal.signal(number, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # None: set by something else than Python, and not touched
                signal.signal(number, handler)
        for late in dict.fromkeys(waiting):
            signal.raise_signal(late)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be written to ({error.strerror}). "
            "Set NEWSLETTER_DATA_DIR to one that can."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(folder: Path) -> tuple[Server | None, list[list[float]]]:
    try:
        kept = json.loads((folder / "server.json").read_text())
        return Server(**kept["server"]), kept["users"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None, []


def _write(folder: Path, server: Server, users: list[list[float]]) -> None:
    # The URL holds a password: the file is its owner's alone, from its first byte.
    fresh = folder / "server.json.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"server": asdict(server), "users": users}, file)
    fresh.replace(folder / "server.json")


def _alive(users: list[list[float]]) -> list[list[float]]:
    return [user for user in users if _is_running(int(user[0]), user[1])]


def _is_running(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        # A process id is used again after a while; a start time tells the two apart.
        is_same = abs(process.create_time() - started) < 1
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_password(path: Path) -> str:
    """The password kept in path, made at the first time; its owner's alone."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text()
