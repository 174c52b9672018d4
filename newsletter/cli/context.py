"""What commands share: options, settings, engines, output."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from newsletter.domain.calendar_day import parse_day, parse_moment

if TYPE_CHECKING:
    from newsletter.config import Settings
    from newsletter.services.ports import Ports


Slug = Annotated[
    str,
    typer.Option("--newsletter", metavar="SLUG", help="Which newsletter, when there are several."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
At = Annotated[
    str,
    typer.Option(
        "--at", metavar="ISO-TIME", help="Act as if it were this time: 2026-01-02T17:00:00Z."
    ),
]
On = Annotated[
    str,
    typer.Option(
        "--date", metavar="YYYY-MM-DD", help="The edition's date; the coming one if left out."
    ),
]

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The settings, with the URLs of running servers in them, and the ports made of them."""

    settings: "Settings"
    ports: "Ports"


@contextmanager
def command_context(
    *, at: str = "", need: frozenset[str] = frozenset({"database"})
) -> Iterator[CommandContext]:
    """The services' ports for one command, on servers of yours or embedded ones.

    On the embedded database the tables and a first newsletter are made; yours must have them.
    """
    from newsletter import config
    from newsletter.cli.bootstrap import make_ready
    from newsletter.embedded import EmbeddedService
    from newsletter.services.operations.setup import check_database
    from newsletter.tasks.queue import enqueue

    settings = settings_at(at)
    is_embedded = not settings.database_url
    with config.engines(settings, need=frozenset(EmbeddedService(one) for one in need)) as running:
        ports = config.ports(running, enqueue=enqueue(running.redis_url))
        try:
            if is_embedded:
                note(make_ready(ports))
            else:
                check_database(ports)
            yield CommandContext(running, ports)
        finally:
            ports.store.dispose()


def settings_at(at: str) -> "Settings":
    """The settings, with the clock set when a time was typed."""
    from newsletter import config

    settings = config.load()
    return settings.model_copy(update={"at": moment(at)}) if at else settings


def moment(text: str) -> datetime:
    """The time that was typed. Raises InputError when it is none, or names no zone."""
    return parse_moment(text)


def day(text: str) -> date | None:
    """The date that was typed, None for an empty text. Raises InputError when it is none."""
    return parse_day(text) if text else None


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def note(sentence: str) -> None:
    """A remark on standard error, where no program reads the result; nothing for ""."""
    if sentence:
        err.print(sentence, style="dim", markup=False)
