"""Postfix's smtp-sink and smtp-source: the relay that only counts, and the C program to beat."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from newsletter.embedded.shared import free_port, wait_until

SESSIONS = (1, 4, 8, 16, 32)


def program(name: str) -> str:
    """Its path; ends with a sentence where it is not there."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(f"{name} is not here. It comes with Debian's postfix: apt-get install postfix")
    return found


@contextmanager
def sink() -> Iterator[tuple[str, psutil.Process]]:
    """A sink on loopback: its host:port, and its process."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"])
    try:
        wait_until(lambda: _answers(port), timeout_s=10)
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def source(relay: str, *, messages: int, size: int, sessions: int) -> float:
    """Messages a second of smtp-source."""
    count = ["-s", str(sessions), "-m", str(messages), "-l", str(size)]
    started = time.perf_counter()
    subprocess.run(
        [program("smtp-source"), *count, "-f", "a@press.example", "-t", "r@mail.example", relay],
        check=True,
        timeout=600,
    )
    return messages / (time.perf_counter() - started)


def _answers(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
