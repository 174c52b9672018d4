"""newsletter serve: the pages; with --all the worker, the beat and the engines too."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Annotated, Any

import typer

from newsletter.cli.common import note, out
from newsletter.cli.worker import command, environment, worker_command
from newsletter.errors import NewsletterError, SettingsError

USUAL_PORT = 8_000
END_WITHIN_S = 20  # A worker finishes the message in its hand first.
POLL_S = 0.1
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
    from newsletter.cli.first import make_ready
    from newsletter.embedded import Engine
    from newsletter.store.schema import check_schema

    settings = config.load()
    chosen = port or _usual_or_free(host)
    if not os.environ.get("NEWSLETTER_PUBLIC_URL"):
        settings = settings.model_copy(update={"public_url": f"http://{host}:{chosen}"})
    with config.engines(settings, need=frozenset(Engine)) as running:
        ports = config.ports(running, enqueue=lambda *_: None)
        try:
            check_schema(ports.store) if settings.database_url else note(make_ready(ports))
        finally:
            ports.store.dispose()
        if all_:
            _serve_all(running, host, chosen, is_capturing=not settings.smtp_url)
        else:
            _serve_pages(running, host, chosen)


def _serve_pages(settings: Any, host: str, port: int) -> None:
    import uvicorn

    from newsletter import config
    from newsletter.web.app import create_app

    config.configure_logging(settings)
    app = create_app(settings)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application reads them itself, from trusted proxies
    )


def _serve_all(settings: Any, host: str, port: int, *, is_capturing: bool) -> None:
    """Run the parts as child processes, with one log, until a signal or the end of one of them."""
    env = environment(settings) | {"PYTHONUNBUFFERED": "1"}
    pages = [sys.executable, "-m", "newsletter", "serve", "--host", host, "--port", str(port)]
    parts = {
        "web": pages,
        "worker": worker_command(),
        "beat": command("beat", "--loglevel", "WARNING"),
    }
    ended, hurry = threading.Event(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ender(ended, hurry))
    children = {name: _started(name, arguments, env, ended) for name, arguments in parts.items()}
    _welcome(settings, is_capturing=is_capturing)
    ended.wait()
    fallen = [name for name, child in children.items() if child.poll() is not None]
    note("Ending…")
    _end(children, hurry)
    if fallen:
        raise EndedError(f"The {fallen[0]} ended by itself; its last lines are above.")
    note("Ended.")


def _welcome(settings: Any, *, is_capturing: bool) -> None:
    from newsletter import config
    from newsletter.embedded import Engine
    from newsletter.embedded.capture import mail_folder

    out.print(f"[bold]Sign-up[/]  {settings.public_url}/")
    out.print(f"[bold]Editor[/]   {settings.public_url}/editor   password: ", end="")
    is_set = bool(config.load().editor_password.get_secret_value())
    password = "as set" if is_set else settings.editor_password.get_secret_value()
    out.print(password, markup=False)
    if is_capturing:
        folder = mail_folder(settings.data_dir.resolve() / Engine.RELAY.value)
        out.print(f"[bold]Mail[/]     is kept, not delivered, in {folder}")
    out.print("Ctrl-C ends everything.", style="dim")


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


def _ender(ended: threading.Event, hurry: threading.Event) -> Any:
    def end(_number: int, _frame: FrameType | None) -> None:
        if ended.is_set():
            hurry.set()  # the second time it is meant at once
        ended.set()

    return end


def _end(children: dict[str, "subprocess.Popen[str]"], hurry: threading.Event) -> None:
    """Ask the parts to end; kill those that take too long, or all when somebody is in a hurry."""
    for child in children.values():
        child.terminate()
    ends_at = time.monotonic() + END_WITHIN_S
    while any(child.poll() is None for child in children.values()):
        if hurry.wait(POLL_S) or time.monotonic() > ends_at:
            for child in children.values():
                child.kill()


def _usual_or_free(host: str) -> int:
    """The usual port, or a free one when somebody has it already."""
    import socket

    for port in (USUAL_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return int(probe.getsockname()[1])
            except OSError as error:
                if port == 0:
                    said = f"Nothing can listen at {host} ({error.strerror})."
                    raise SettingsError(said) from error
    raise AssertionError("a free port is always tried last")
