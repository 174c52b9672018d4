"""The servers of a household, each a process that may be killed and started again."""

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
from redis import Redis

from newsletter.embedded.postgres_paths import postgres_paths
from newsletter.embedded.shared_server import free_port, wait_until

START_S = 60.0  # A machine that is busy with other things takes half of it.
ANSWER_S = 30.0  # Likewise.
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class State:
    """What the relay says: connections open as an order was carried out, and messages kept."""

    open: int
    kept: int


class Keeping:
    """The relay's process (benchmarks/keeping.py), which may be killed and started again."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start it, on the same port and with the same log, and wait for its first word."""
        words = [str(self.log), "--port", str(self.port)]
        command = [sys.executable, "-m", "benchmarks.keeping", *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, start_new_session=True, cwd=_ROOT
        )
        self._answer(START_S)

    def order(self, *words: object) -> State:
        """Have an order carried out."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{' '.join(map(str, words))}\n".encode())
        self.process.stdin.flush()
        return self._answer(ANSWER_S)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def _answer(self, timeout_s: float) -> State:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], timeout_s)[0]:
            raise TimeoutError("The relay of the benchmark does not answer.")
        return State(**json.loads(self.process.stdout.readline()))


class Database:
    """The embedded PostgreSQL, stopped and started where it stands by its own pg_ctl."""

    def __init__(self, folder: Path) -> None:
        self._place = postgres_paths(folder)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it as a crash would: no session is ended, nothing is written down."""
        self._pg_ctl("stop", "-m", mode)

    def start(self) -> None:
        """Start it again; restart is the word that makes pg_ctl take the same options and port."""
        self._pg_ctl("restart", "-l", str(self._place.data / "server.log"))

    def _pg_ctl(self, *words: str) -> None:
        user = self._place.user
        subprocess.run(
            [self._place.programs / "pg_ctl", "-D", self._place.data, "-w", "-t", "60", *words],
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
            cwd=self._place.data,
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,  # the next question to the database says whether it went well
        )


class Queue:
    """The embedded Redis, killed and started again with nothing in it."""

    def __init__(self, folder: Path, pid: int, url: str) -> None:
        self._folder = folder
        self._process = psutil.Process(pid)
        self._program = self._process.exe()
        self.url = url

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        psutil.wait_procs([self._process], timeout=ANSWER_S)

    def start(self) -> None:
        """Start it with the settings it was first started with, so on the same port."""
        pidfile = self._folder / "server.pid"
        pidfile.unlink(missing_ok=True)
        subprocess.run([self._program, "server.conf"], cwd=self._folder, check=True)
        wait_until(lambda: pidfile.exists() and pidfile.read_text() != "", timeout_s=START_S)
        self._process = psutil.Process(int(pidfile.read_text()))

    def fill(self) -> None:
        """Have it refuse whatever takes memory, as a full one does."""
        with Redis.from_url(self.url) as client:
            client.config_set("maxmemory", 1)

    def empty(self) -> None:
        """Let it have memory again."""
        with Redis.from_url(self.url) as client:
            client.config_set("maxmemory", 0)

    def flush(self) -> None:
        """Have it forget everything."""
        with Redis.from_url(self.url) as client:
            client.flushall()
