"""Real processes of ours without the second that each spends on imports.

A server imports once what our commands need, and then forks for each of them: a process with its
own pid, environment, folder, files, signals and exit code, which runs newsletter or celery as
python -m would. What a command imports by itself later, and reads from its environment, it does
itself. Tests of how a process starts use the interpreter.
"""

import gc
import json
import os
import pkgutil
import re
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import newsletter
from newsletter.topics.load import bundled_topic
from tests.patience import HANGS_S

# What our modules import where they use it, and what Celery and uvicorn do.
_LIBRARIES = (
    "aiosmtpd.controller alembic.command celery.apps.beat celery.apps.worker celery.bin.celery "
    "celery.concurrency.thread feedparser httpx kombu.transport.redis premailer psycopg "
    "sqlalchemy.dialects.postgresql.psycopg trafilatura uvicorn uvicorn.protocols.http.h11_impl"
).split()
# They run something when they are imported, or read the environment.
_PROGRAMS = re.compile(r"__main__|\.migrations|^newsletter\.tasks\.worker$")
_STATUS = struct.Struct("i")
_MAX_REQUEST_BYTES = 1 << 20


class Process:
    """A forked process, with what subprocess.Popen has of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        (self.pid,) = _STATUS.unpack(_read(connection))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, a signal's negated number, or None while it runs."""
        return self._ended(within_s=0)

    def wait(self, timeout: float = HANGS_S) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        code = self._ended(within_s=timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, *, within_s: float) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], within_s)[0]:
            (status,) = _STATUS.unpack(_read(self._connection))
            self.returncode = os.waitstatus_to_exitcode(status)
            self._connection.close()
        return self.returncode


class ForkServer:
    """Forks processes of an interpreter that has imported our commands; ends with end()."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "fork")
        program = [sys.executable, "-m", __name__, self._path]
        self._server = subprocess.Popen(
            program, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        ends_at = time.monotonic() + HANGS_S
        while not os.path.exists(self._path):  # noqa: PTH110  # polled
            assert self._server.poll() is None, "the fork server did not start"
            assert time.monotonic() < ends_at
            time.sleep(0.02)

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        files: tuple[IO[Any], IO[Any], IO[Any]],
    ) -> Process:
        """Start python -m module with these arguments; files are its stdin, stdout and stderr."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._path)
        request = {"module": module, "arguments": arguments, "env": dict(env), "cwd": str(cwd)}
        text = json.dumps(request).encode()
        socket.send_fds(connection, [_STATUS.pack(len(text))], [file.fileno() for file in files])
        connection.sendall(text)
        return Process(connection)

    def end(self) -> None:
        """End the server; what it forked goes on."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(HANGS_S)


def _serve(path: str) -> None:
    for name in _LIBRARIES:
        import_module(name)
    for module in pkgutil.walk_packages(newsletter.__path__, "newsletter."):
        if not _PROGRAMS.search(module.name):
            import_module(module.name)
    bundled_topic("middle-east")  # which composing and explaining read first
    gc.freeze()  # what is there already stays shared between the processes
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the minders
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    os.rename(f"{path}.new", path)  # noqa: PTH104  # it answers from now on
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        header, files, _, _ = socket.recv_fds(connection, _STATUS.size, 3)
        if os.fork() == 0:
            listener.close()
            _mind(connection, header, files)
            return
        connection.close()
        for file in files:
            os.close(file)


def _mind(connection: socket.socket, header: bytes, files: Sequence[int]) -> None:
    """Fork the process itself, and say its pid and how it ended; return in the process only."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(_read(connection, _STATUS.unpack(header)[0]))
    pid = os.fork()
    if pid:
        for file in files:
            os.close(file)
        connection.sendall(_STATUS.pack(pid))
        connection.sendall(_STATUS.pack(os.waitpid(pid, 0)[1]))
        os._exit(0)
    connection.close()
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _read(connection: socket.socket, count: int = _STATUS.size) -> bytes:
    found = b""
    while len(found) < count:
        piece = connection.recv(min(count - len(found), _MAX_REQUEST_BYTES))
        assert piece, "the fork server has gone away"
        found += piece
    return found


if __name__ == "__main__":
    _serve(sys.argv[1])
