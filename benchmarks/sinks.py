"""Postfix's smtp-sink and smtp-source: the relay that only counts, and the C program to beat."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil

from newsletter.embedded.shared_server import free_port, wait_until

SESSIONS = (1, 4, 8, 16, 32)
# Where Debian's package is unpacked when it is not installed; git does not look there.
_UNPACKED = Path(__file__).parents[1] / ".data" / "postfix"


def program(name: str) -> list[str]:
    """How it is called; ends with a sentence where it can neither be found nor had."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is not None:
        return [found]
    unpacked = _unpacked()
    libraries = unpacked / "usr" / "lib" / "postfix"
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(unpacked / "usr" / "sbin" / name)]


@contextmanager
def sink() -> Iterator[tuple[str, psutil.Process]]:
    """A sink on loopback: its host:port, and its process."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([*program("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"])
    try:
        wait_until(lambda: _answers(port), timeout_s=10)
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def source(relay: str, *, messages: int, size: int, sessions: int, is_kept: bool = False) -> float:
    """Messages a second of smtp-source, over a connection for each of them, or over kept ones."""
    count = [
        *(["-d"] if is_kept else []),
        "-s",
        str(sessions),
        "-m",
        str(messages),
        "-l",
        str(size),
    ]
    started = time.perf_counter()
    subprocess.run(
        [*program("smtp-source"), *count, "-f", "a@press.example", "-t", "r@mail.example", relay],
        check=True,
        timeout=600,
    )
    return messages / (time.perf_counter() - started)


def best_of_source(relay: str, *, messages: int, size: int, is_kept: bool = False) -> float:
    """The most messages a second that smtp-source reaches with any of SESSIONS."""
    told = {"messages": messages, "size": size}
    return max(source(relay, **told, sessions=one, is_kept=is_kept) for one in SESSIONS)


@cache
def _unpacked() -> Path:
    """Debian's postfix, unpacked and not installed: nothing of it runs but the two programs."""
    if not (_UNPACKED / "usr" / "sbin" / "smtp-sink").exists():
        _UNPACKED.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(
                ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "postfix"],
                cwd=_UNPACKED,
                check=True,
                timeout=120,
            )
            (package,) = _UNPACKED.glob("postfix_*.deb")
            subprocess.run(["dpkg-deb", "-x", package, _UNPACKED], check=True)
        except (OSError, subprocess.SubprocessError, ValueError):
            sys.exit("smtp-sink and smtp-source are not here. On Debian: apt-get install postfix")
    return _UNPACKED


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
