"""A real SMTP server that keeps every message in a Maildir instead of delivering it."""

import argparse
import importlib.util
import mailbox
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from newsletter.embedded.shared_server import (
    Server,
    end,
    free_port,
    identified,
    join_or_start,
    wait_until,
)
from newsletter.errors import SettingsError, UnreachableError

START_WAIT_S = 120  # A machine that is busy with other things takes its time.
MAX_MESSAGE_BYTES = 10_000_000  # Ten times what any mailbox provider shows of a newsletter.


@contextmanager
def start(folder: Path) -> Iterator[Server]:
    """The capture server of folder, started or joined; it ends with its last user.

    Messages are kept in the Maildir folder/mail. Raises SettingsError when it is not installed,
    UnreachableError when it does not start.
    """
    with join_or_start(folder, _started, partial(end, number=signal.SIGTERM)) as server:
        yield server


def mail_folder(folder: Path) -> Path:
    """The Maildir in which the capture server of folder keeps what it takes."""
    return folder / "mail"


def _started(folder: Path) -> Server:
    address = folder / "address"
    address.unlink(missing_ok=True)
    if importlib.util.find_spec("aiosmtpd") is None:
        raise SettingsError(
            "NEWSLETTER_SMTP_URL is not set, and the embedded mail catcher is not installed. "
            "Set it to your relay, or: pip install 'newsletter[embedded]'"
        )
    command = [sys.executable, "-m", "newsletter.embedded.mail_catcher", str(folder)]
    with (folder / "server.log").open("ab") as log:
        subprocess.run(command, stdout=log, stderr=log, check=False)  # noqa: S603  # ours
    if wait_until(address.exists, timeout_s=START_WAIT_S):
        pid, port = address.read_text().split()
        try:
            return identified(int(pid), f"smtp://127.0.0.1:{port}")
        except psutil.NoSuchProcess:
            pass
    raise UnreachableError(
        f"The embedded mail catcher does not start; its log is {folder / 'server.log'}. "
        "Or set NEWSLETTER_SMTP_URL to your relay."
    )


class MaildirHandler:
    """What aiosmtpd asks for each message: it is kept, with its envelope, in a Maildir."""

    def __init__(self, folder: Path) -> None:
        self._mail = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """The reply to the final dot."""
        message = Message()
        message["Return-Path"] = f"<{envelope.mail_from}>"
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self._mail.add(bytes(message).rstrip(b"\n") + b"\n" + envelope.original_content)
        return "250 2.0.0 kept"


def _serve(folder: Path) -> None:
    from aiosmtpd.controller import Controller

    def listen() -> Controller:
        controller = Controller(
            MaildirHandler(mail_folder(folder)),
            hostname="127.0.0.1",
            port=free_port(),
            data_size_limit=MAX_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            ready_timeout=START_WAIT_S,
        )
        controller.start()
        return controller

    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        controller = listen()
    except OSError:  # somebody took the port in between
        controller = listen()
    fresh = folder / "address.new"
    fresh.write_text(f"{os.getpid()} {controller.port}")
    fresh.replace(folder / "address")
    ended.wait()
    controller.stop()


def main() -> None:
    """Serve in the background until SIGTERM: python -m newsletter.embedded.mail_catcher FOLDER."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if os.fork():
        os._exit(0)
    os.setsid()  # Ctrl-C is for those who use the server; the last of them ends it
    _serve(folder)


if __name__ == "__main__":
    main()
