"""A whole house for one test: its settings, its commands, its processes, its mail."""

import contextlib
import email
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlsplit

import httpx

from newsletter.embedded.shared_server import free_port
from newsletter.tasks.queue import has_worker
from tests.features.forkserver import ForkServer, Process
from tests.patience import HANGS_S, eventually


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class House:
    """Settings in env, and what is run with them."""

    env: dict[str, str]
    folder: Path
    mail_folder: Path
    forks: ForkServer
    processes: list["Process | subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def database(self) -> str:
        """The name of its database."""
        return urlsplit(self.env["NEWSLETTER_DATABASE_URL"]).path.lstrip("/")

    def run(self, *arguments: str, stdin: str = "", **env: str) -> Done:
        """Run one newsletter command to its end."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            files = (given, out, err)
            process = self.forks.start(
                "newsletter", arguments, env=self.env | env, cwd=self.folder, files=files
            )
            code = process.wait()
            out.seek(0)
            err.seek(0)
            return Done(code, out.read().decode(), err.read().decode())

    def ok(self, *arguments: str, stdin: str = "", **env: str) -> Done:
        """Run one command that has to go well."""
        done = self.run(*arguments, stdin=stdin, **env)
        assert done.code == 0, f"{arguments}: {done.code}\n{done.out}\n{done.err}"
        return done

    def begin(self, *arguments: str) -> Process:
        """Begin one command; said() is what it has said so far."""
        return self._start("newsletter", arguments)

    def said(self, process: "Process | subprocess.Popen[bytes]") -> list[str]:
        """The lines that one of our processes has written to the end, on either stream."""
        text = self._log(self.processes.index(process)).read_text()
        return text.split("\n")[:-1]

    def worker(self, *, threads: int = 4, **env: str) -> "subprocess.Popen[bytes]":
        """A real Celery worker that answers."""
        arguments = ("worker", "--pool", "threads", "--concurrency", str(threads))
        process = self._celery(*arguments, "--without-mingle", "--without-gossip", **env)
        url = self.env["NEWSLETTER_REDIS_URL"]
        assert eventually(lambda: has_worker(url, timeout_s=1)), "no worker came up"
        return process

    def beat(self, **env: str) -> "subprocess.Popen[bytes]":
        """A real beat."""
        return self._celery("beat", **env)

    @contextlib.contextmanager
    def web(self, **env: str) -> Iterator[httpx.Client]:
        """The pages, served; a client with their address as its base."""
        port = str(free_port())
        base = f"http://127.0.0.1:{port}"
        self.env["NEWSLETTER_PUBLIC_URL"] = base
        self._start("newsletter", ("serve", "--port", port), **env)
        with httpx.Client(base_url=base, timeout=HANGS_S) as client:
            assert eventually(lambda: _answers(client)), "no page was served"
            yield client

    def mail(self, *, subject: str = "") -> list[EmailMessage]:
        """The messages that were received, or those with this in their subject."""
        files = sorted((self.mail_folder / "new").glob("*")) if self.mail_folder.exists() else []
        parsed = [email.message_from_bytes(one.read_bytes(), policy=default) for one in files]
        return [one for one in parsed if subject in str(one["Subject"])]

    def end(self) -> None:
        """End every process that was started here."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(HANGS_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _celery(self, *arguments: str, **env: str) -> "subprocess.Popen[bytes]":
        # A worker has threads and leases for as long as it lives: it starts as it does anywhere.
        app = ("-q", "-A", "newsletter.tasks.worker")
        with self._log(len(self.processes)).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", *app, *arguments],
                env=self.env | env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def _log(self, number: int) -> Path:
        return self.folder / f"process-{number}.log"

    def _start(self, module: str, arguments: Sequence[str], **env: str) -> Process:
        with (
            self._log(len(self.processes)).open("wb") as log,
            Path(os.devnull).open("rb") as nothing,
        ):
            files = (nothing, log, log)
            process = self.forks.start(
                module, arguments, env=self.env | env, cwd=self.folder, files=files
            )
        self.processes.append(process)
        return process


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with no setting of ours but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    return kept | {"COLUMNS": "200", "NO_COLOR": "1"} | settings


def parts(message: EmailMessage) -> tuple[str, str]:
    """A message's HTML and plain text."""
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    return str(html.get_content()), str(text.get_content())


def link(text: str, word: str) -> str:
    """The first address in a text that has the word in it."""
    found = re.search(rf"https?://\S*{word}\S*", text)
    assert found, f"no link with {word} in {text}"
    return found[0].rstrip(">).,")


def _answers(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return client.get("/healthz").status_code == 200
    return False
