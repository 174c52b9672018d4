"""Everything that sends an edition, each part a process of its own that may be killed and started.

PostgreSQL (durable), Redis, Celery workers with prefork, a beat, and a relay that keeps what it
takes. What was started is ended by its id.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from benchmarks.servers import ANSWER_S, START_S, Database, Keeping, Queue
from newsletter import config
from newsletter.embedded import postgres, redis
from newsletter.embedded.shared_server import wait_until
from newsletter.services.ports import Ports
from newsletter.store.schema import migrate
from newsletter.tasks.app import make_app
from newsletter.tasks.queue import enqueue

END_S = 40.0  # A worker drains for ten seconds, and Celery takes some for itself.


class Household:
    """All of it, with the ports that services in this process are handed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self.processes_log = folder / "processes.log"  # what the workers and the beats say
        self._children: list[psutil.Process] = []
        server = stack.enter_context(postgres.start(folder / "postgres"))
        self.database = Database(folder / "postgres")
        stack.callback(self.database.stop, "fast")  # it may not be the process of its start
        queue = stack.enter_context(redis.start(folder / "redis"))
        self.queue = Queue(folder / "redis", queue.pid, queue.url)
        stack.callback(self.queue.kill)
        self.relay = Keeping(folder / "kept.log")
        stack.callback(self.relay.kill)
        self._env = _environment(
            NEWSLETTER_DATABASE_URL=server.url,
            NEWSLETTER_REDIS_URL=queue.url,
            NEWSLETTER_SMTP_URL=f"smtp://127.0.0.1:{self.relay.port}",
            NEWSLETTER_SECRET_KEY="a key for benchmarks only",
            NEWSLETTER_EDITOR_PASSWORD="benchmarks only",
            NEWSLETTER_DATA_DIR=str(self.host_folder()),
            NEWSLETTER_LOG_LEVEL="WARNING",
            PYTHONWARNINGS="ignore",
        )
        self.ports = self._ports()
        migrate(self.ports.store)
        stack.callback(self._end_all)

    def worker(
        self, *, concurrency: int = 2, at: datetime | None = None, host: str = ""
    ) -> psutil.Process:
        """A Celery worker with so many processes, its clock at that time; not waited for.

        One of another host has a data folder of its own (host_folder), and a name.
        """
        options = ["--concurrency", str(concurrency), "--without-mingle", "--without-gossip"]
        if host:
            options += ["--hostname", f"celery@{host}"]
        return self._celery("worker", *options, at=at, host=host)

    def host_folder(self, host: str = "") -> Path:
        """Where a host's workers keep their journals."""
        return self._folder / (host or "data")

    def beat(self) -> psutil.Process:
        """A beat."""
        return self._celery("beat")

    def wait_for_workers(self, count: int) -> None:
        """Return once so many Celery workers answer. Raises TimeoutError."""

        def are_there() -> bool:
            try:
                return len(make_app(self.queue.url).control.ping(timeout=1)) >= count
            except (RedisError, OperationalError, OSError):
                return False  # over a connection that a Redis had which is gone

        if not wait_until(are_there, timeout_s=START_S):
            raise TimeoutError("The workers did not start.")

    def lines(self, offset: int) -> tuple[list[str], int]:
        """What the relay has kept since that offset of its log, and the offset of its end."""
        if not self.relay.log.exists():
            return [], 0
        with self.relay.log.open("rb") as file:
            file.seek(offset)
            told = file.read()
        return told.decode("utf-8", "replace").splitlines(), offset + len(told)

    def connections(self, processes: Sequence[psutil.Process]) -> int:
        """How many connections to the relay these processes have open."""
        count = 0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                found = process.net_connections("tcp")
                count += sum(bool(one.raddr) and one.raddr.port == self.relay.port for one in found)
        return count

    def later(self, ahead: timedelta, enqueue: Any) -> Ports:
        """The ports of somebody whose clock is ahead, and who is told what is due."""
        return replace(self.ports, now=lambda: datetime.now(UTC) + ahead, enqueue=enqueue)

    def _ports(self) -> Ports:
        with _as_environment(self._env):
            settings = config.with_secrets(config.load())
        return config.ports(settings, enqueue=enqueue(settings.redis_url))

    def _celery(self, *words: str, at: datetime | None = None, host: str = "") -> psutil.Process:
        command = [sys.executable, "-m", "celery", "-q", "-A", "newsletter.tasks.worker", *words]
        env = self._env | ({"NEWSLETTER_AT": at.isoformat()} if at else {})
        env["NEWSLETTER_DATA_DIR"] = str(self.host_folder(host))
        with self.processes_log.open("ab") as log:
            child = psutil.Popen(
                command,
                env=env,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, and we end what we started
            )
        self._children.append(child)
        return child

    def _end_all(self) -> None:
        for child in self._children:
            end_at_once(child)
        self.ports.store.dispose()


def tree(process: psutil.Process) -> list[psutil.Process]:
    """The process and all below it; empty when it is gone."""
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def end_at_once(process: psutil.Process) -> None:
    """Kill a process with all below it. It is stopped first, so that it starts nobody anew."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGSTOP)
    kill(tree(process))


def kill(processes: Sequence[psutil.Process]) -> None:
    """Kill these, and wait until they are gone."""
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(processes, timeout=ANSWER_S)


@contextmanager
def household() -> Iterator[Household]:
    """A household in a folder of its own; all of it is gone at the end."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="newsletter-chaos-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL, which refuses root, works there as another user
        with ExitStack() as stack:
            yield Household(Path(folder), stack)


def _environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
    return kept | settings


@contextmanager
def _as_environment(env: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
