"""newsletter serve: the pages; with --all the worker, the beat and the engines too."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.context import note, out
from newsletter.cli.demo_folder import shown_folder
from newsletter.cli.listening_socket import USUAL_PORT, PortTakenError, base_url, open_sockets
from newsletter.cli.temporary_worker import command, environment, worker_command
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from newsletter.config import Settings


END_WITHIN_S = 20  # A worker finishes the message in its hand first.
POLL_S = 0.1
ANSWER_S = 5.0  # The first page is made while the worker and the beat start too.
_PUBLIC_URL = "NEWSLETTER_PUBLIC_URL"
_COLOURS = {"web": "36", "worker": "32", "beat": "35"}


class EndedError(NewsletterError):
    """A part of the service ended by itself."""


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Usually 8000.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also a worker, the beat, and engines that are not set.")
    ] = False,
) -> None:
    """Serve the public pages, the editor's and the ops' until Ctrl-C."""
    from newsletter import config
    from newsletter.cli.bootstrap import make_ready
    from newsletter.embedded import EmbeddedService
    from newsletter.services.operations.setup import check_database

    settings = config.load()
    if (folder := shown_folder(settings)) != settings.data_dir:
        settings = settings.model_copy(update={"data_dir": folder})
        note(f"This is the demo in {folder}. A newsletter of your own: newsletter init --help")
    sockets = _sockets(host, port, may_move=all_ and not os.environ.get(_PUBLIC_URL))
    listened = sockets[0].getsockname()[1]
    if not os.environ.get(_PUBLIC_URL):
        settings = settings.model_copy(update={"public_url": base_url(host, listened)})
    with config.engines(settings, need=frozenset(EmbeddedService)) as running:
        ports = config.ports(running, enqueue=lambda *_: None)
        try:
            check_database(ports) if settings.database_url else note(make_ready(ports))
        finally:
            ports.store.dispose()
        if all_:
            _close(sockets)  # the part that serves the pages opens them again
            _serve_all(running, host, listened, is_capturing=not settings.smtp_url)
        else:
            _serve_pages(running, sockets, base_url(host, listened))


def _sockets(host: str, port: int | None, *, may_move: bool) -> list[socket.socket]:
    """Listen before anything is started; may_move: where no port was named, any free one will do.

    Raises SettingsError when that cannot be.
    """
    try:
        return open_sockets(host, port or USUAL_PORT)
    except PortTakenError as error:
        if port or not may_move:
            raise
        note(f"{error.what} A free port is used instead.")
        return open_sockets(host, 0)


def _serve_pages(settings: "Settings", sockets: list[socket.socket], base: str) -> None:
    from newsletter import config
    from newsletter.web.app import create_app
    from newsletter.web.http_server.server import serve as serve_until_ended

    config.configure_logging(settings)

    def announce() -> None:
        if settings.log_format == "json":
            logging.getLogger(__name__).info("ready at %s", base)
        else:
            out.print(f"Ready: {base}/  (editors: {base}/editor). Ctrl-C ends it.", soft_wrap=True)
        sys.stdout.flush()

    serve_until_ended(create_app(settings), sockets, when_ready=announce)


def _serve_all(settings: "Settings", host: str, port: int, *, is_capturing: bool) -> None:
    """Run the parts as child processes, with one log, until a signal or the end of one of them."""
    env = environment(settings) | {"PYTHONUNBUFFERED": "1"}
    pages = [sys.executable, "-m", "newsletter", "serve", "--host", host, "--port", str(port)]
    parts = {
        "web": pages,
        "worker": worker_command(),
        "beat": command("beat", "--loglevel", "WARNING"),
    }
    ended, hurry = threading.Event(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ender(ended, hurry))
    children: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, arguments in parts.items():
            children[name] = _started(name, arguments, env, ended)
        if _is_answering(base_url(host, port), ended):
            _welcome(settings, is_capturing=is_capturing)
        ended.wait()
    finally:
        fallen = [name for name, child in children.items() if child.poll() is not None]
        note("Ending…")
        _end(children, hurry)
    if fallen:
        raise EndedError(f"The {fallen[0]} ended by itself; its last lines are above.")
    note("Ended.")


def _is_answering(base: str, ended: threading.Event) -> bool:
    """Wait until the pages answer, or it all ends; whether they do."""
    import httpx

    while not ended.wait(POLL_S):
        try:
            httpx.get(f"{base}/healthz", timeout=ANSWER_S, trust_env=False)
        except httpx.HTTPError:
            continue
        return True
    return False


def _welcome(settings: "Settings", *, is_capturing: bool) -> None:
    from newsletter import config
    from newsletter.embedded import EmbeddedService
    from newsletter.embedded.mail_catcher import mail_folder

    out.print("Ready: it answers, and goes on until it is told to end.", style="green")
    out.print(f"[bold]Sign-up[/]  {settings.public_url}/", soft_wrap=True)
    out.print(f"[bold]Editor[/]   {settings.public_url}/editor   password: ", end="")
    is_set = bool(config.load().editor_password.get_secret_value())
    password = "as set" if is_set else settings.editor_password.get_secret_value()
    out.print(password, markup=False)
    if is_capturing:
        folder = mail_folder(settings.data_dir.resolve() / EmbeddedService.RELAY.value)
        out.print(f"[bold]Mail[/]     is kept, not delivered, in {folder}", soft_wrap=True)
    out.print("Ctrl-C ends everything.", style="dim")
    sys.stdout.flush()


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _started(
    name: str, arguments: list[str], env: dict[str, str], ended: threading.Event
) -> "subprocess.Popen[str]":
    """The part as a child in a group of its own, so that Ctrl-C reaches only us."""
    child = subprocess.Popen(  # noqa: S603  # our own programs and arguments
        arguments,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    threading.Thread(target=_relay_lines, args=(name, child, ended), daemon=True).start()
    return child


def _relay_lines(name: str, child: "subprocess.Popen[str]", ended: threading.Event) -> None:
    """Print the child's lines behind its name, until it ends; then everything ends."""
    is_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    label = f"\033[{_COLOURS[name]}m{name:<7}\033[0m" if is_colour else f"{name:<7}"
    assert child.stdout is not None
    is_json = os.environ.get("NEWSLETTER_LOG_FORMAT") == "json"
    for line in child.stdout:
        if line.strip():
            sys.stdout.write(line if is_json else f"{label} {line}")
            sys.stdout.flush()
    child.wait()
    ended.set()


def _ender(
    ended: threading.Event, hurry: threading.Event
) -> Callable[[int, FrameType | None], None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        if ended.is_set():
            hurry.set()  # the second time it is meant at once
        ended.set()

    return end


def _end(children: dict[str, "subprocess.Popen[str]"], hurry: threading.Event) -> None:
    """Ask the parts to end; kill those that take too long, or all when somebody is in a hurry."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    ends_at = time.monotonic() + END_WITHIN_S
    while any(child.poll() is None for child in children.values()):
        if hurry.wait(POLL_S) or time.monotonic() > ends_at:
            for child in children.values():
                child.kill()
                child.wait()
