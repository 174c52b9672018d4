"""A real PostgreSQL from a wheel, for one folder."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter.embedded.postgres_paths import PostgresPaths, postgres_paths
from newsletter.embedded.shared_server import (
    Server,
    end,
    free_port,
    identified,
    join_or_start,
    kept_password,
)
from newsletter.errors import UnreachableError

START_WAIT_S = 120  # After a crash PostgreSQL replays its log first, on a slow disk for a minute.
PORT_TRIES = 5  # Somebody may take the free port between our choice and PostgreSQL's.

_USER = "newsletter"

# A test's database is thrown away, so it need not outlive a power cut.
_FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@contextmanager
def start(folder: Path, *, durable: bool = True) -> Iterator[Server]:
    """The PostgreSQL of folder, started or joined; it ends with its last user.

    The server listens on 127.0.0.1 only, on a free port, and asks for the password in its URL.
    Raises SettingsError when it cannot be installed there, UnreachableError when it does not start.
    """
    settings = () if durable else _FORGETFUL
    with join_or_start(folder, lambda at: _started(at, settings), _ended) as server:
        yield server


def empty(url: str) -> None:
    """Throw away everything in the database of an embedded server."""
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import conninfo_to_dict

    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(url, dbname="template1", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))


def _started(folder: Path, settings: tuple[str, ...]) -> Server:
    where = postgres_paths(folder)
    password = kept_password(folder / "password")
    if not (where.data / "PG_VERSION").exists():
        _initialise(where, password)
    log = where.data / "server.log"
    for _ in range(PORT_TRIES):
        port = free_port()
        options = " ".join(f"-c {setting}" for setting in _options(port, settings))
        said = _run(
            where, "pg_ctl", "-w", "-t", str(START_WAIT_S), "-l", str(log), "-o", options, "start"
        )
        if said.returncode == 0:
            pid = int((where.data / "postmaster.pid").read_text().splitlines()[0])
            url = f"postgresql://{_USER}:{password}@127.0.0.1:{port}/postgres"
            return identified(pid, url)
        if "in use" not in _tail(log):
            break
    raise UnreachableError(
        f"The embedded PostgreSQL does not start. It says: {_tail(log)} "
        f"Its log is {log}; or set NEWSLETTER_DATABASE_URL to one of your own."
    )


def _options(port: int, settings: tuple[str, ...]) -> tuple[str, ...]:
    # No unix socket: its path may not be longer than 107 bytes, and folders are.
    return (
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        *settings,
    )


def _initialise(where: PostgresPaths, password: str) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="newsletter-") as file:
        file.write(password)
        file.flush()
        if where.user is not None:
            os.chown(file.name, where.user.pw_uid, where.user.pw_gid)
        said = _run(
            where,
            *("initdb", "-U", _USER, f"--pwfile={file.name}", "--auth=scram-sha-256", "-E", "UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )
    if said.returncode:
        raise UnreachableError(
            f"The embedded PostgreSQL cannot make its files in {where.data}: "
            f"{_last_line(said.stderr)}"
        )


def _run(where: PostgresPaths, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What came of a PostgreSQL program, run in its data folder as its user."""
    error = tempfile.TemporaryFile("w+")  # noqa: SIM115  # pg_ctl's server keeps a pipe open for ever
    with error:
        done = subprocess.run(  # noqa: S603  # our own program and arguments
            [where.programs / program, "-D", where.data, *arguments],
            user=None if where.user is None else where.user.pw_uid,
            group=None if where.user is None else where.user.pw_gid,
            extra_groups=None if where.user is None else [],
            cwd=where.data,
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=error,
            stderr=error,
            start_new_session=True,  # Ctrl-C is for us; we end the server when we are done
            check=False,
        )
        error.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, stderr=error.read())


def _ended(server: Server) -> None:
    # SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes everything down.
    end(server, number=signal.SIGINT)


def _tail(log: Path) -> str:
    return _last_line(log.read_text(errors="replace") if log.exists() else "")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "FATAL" in line or "error" in line.lower()]
    return (lines or text.splitlines() or ["nothing"])[-1].strip()
