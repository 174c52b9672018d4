"""newsletter subscribers: import, export, list, add, pause, resume, remove."""

import csv
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from newsletter.cli.context import (
    AsJson,
    At,
    Slug,
    command_context,
    day,
    err,
    note,
    out,
    print_json,
)
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.domain.subscribers.subscription import Subscription


app = typer.Typer(no_args_is_help=True, help="Who gets the newsletter.")

_SOME_BAD = 7  # Exit code of `import` when rows were left out.
_LISTED = 20


@app.command(name="import", epilog="Example:  newsletter subscribers import readers.csv")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or a list of addresses; - for standard input.")],
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Subscribe everybody in a file, confirmed: you answer for their consent.

    Columns: address (or email), name, language, zone, paused_until. Good rows go in; exit code 7
    when some were left out. Who is known already stays as they are.
    """
    from newsletter.services.queries.newsletters import find_newsletter
    from newsletter.services.subscribers.import_export import import_subscribers

    if str(file) != "-" and not file.is_file():
        raise InputError(f"There is no file {file}.")
    with command_context(at=at) as here, _opened(file) as lines, err.status("Importing…") as shown:
        newsletter = find_newsletter(here.ports, slug)
        done = import_subscribers(
            here.ports.store,
            newsletter,
            lines,
            now=here.ports.now(),
            progress=lambda rows: shown.update(f"Imported {rows} rows…"),
        )
    bad = [{"line": one.line, "text": one.text, "why": one.why} for one in done.rejected]
    if as_json:
        print_json({"rows": done.rows, "new": done.new, "known": done.unchanged, "bad": bad})
    else:
        out.print(
            f"{done.new} newly subscribed, {done.unchanged} known before, {len(bad)} left out."
        )
        for one in done.rejected:
            out.print(f"  line {one.line}: {one.why}", markup=False)
    if bad:
        raise typer.Exit(_SOME_BAD)


@app.command(epilog="Example:  newsletter subscribers export > readers.csv")
def export(slug: Slug = "", at: At = "") -> None:
    """Write every subscription as CSV to standard output: what import reads, with the pauses."""
    from newsletter.services.queries.newsletters import find_newsletter
    from newsletter.services.subscribers.import_export import export_rows

    with command_context(at=at) as here:
        newsletter = find_newsletter(here.ports, slug)
        csv.writer(sys.stdout).writerows(export_rows(here.ports.store, newsletter))


@app.command(name="list", epilog="Example:  newsletter subscribers list --json")
def list_(slug: Slug = "", at: At = "", as_json: AsJson = False) -> None:
    """How many there are in each status, and the first of them."""
    from newsletter.services.queries.newsletters import find_newsletter
    from newsletter.services.queries.subscribers import count_subscriptions, list_subscriptions

    with command_context(at=at) as here:
        newsletter = find_newsletter(here.ports, slug)
        counts = count_subscriptions(here.ports, newsletter)
        limit = None if as_json else _LISTED
        people = list_subscriptions(here.ports, newsletter, limit=limit)
    if as_json:
        print_json({"counts": counts, "subscribers": [_document(one) for one in people]})
        return
    out.print(", ".join(f"{count} {status}" for status, count in counts.items()))
    for one in people:
        out.print(f"  {one.address}  {one.status}  {one.zone}", markup=False)
    if sum(counts.values()) > len(people):
        note("and more: newsletter subscribers export")


@app.command(epilog="Example:  newsletter subscribers add reader@example.org")
def add(address: str, slug: Slug = "", at: At = "") -> None:
    """Subscribe one address, confirmed."""
    from newsletter.services.queries.newsletters import find_newsletter
    from newsletter.services.subscribers import admin

    with command_context(at=at) as here:
        newsletter = find_newsletter(here.ports, slug)
        is_new = admin.add(here.ports.store, newsletter, address, now=here.ports.now())
    out.print("Subscribed." if is_new else "It was subscribed, or had ended its subscription.")


@app.command(epilog="Example:  newsletter subscribers pause ann@example.org --until 2026-02-01")
def pause(
    address: str,
    until: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="The first day on which it is sent again.")
    ],
    slug: Slug = "",
    at: At = "",
) -> None:
    """Send an address nothing until a day; it stays subscribed."""
    when = day(until)
    if when is None:
        raise InputError("Say until when; write it like 2026-01-02.")
    _paused(address, when, slug, at)
    out.print(f"Paused until {when}.")


@app.command(epilog="Example:  newsletter subscribers resume ann@example.org")
def resume(address: str, slug: Slug = "", at: At = "") -> None:
    """End an address's pause: it gets the next edition."""
    _paused(address, None, slug, at)
    out.print("It gets the next edition.")


@app.command(epilog="Example:  newsletter subscribers remove reader@example.org")
def remove(address: str, slug: Slug = "", at: At = "") -> None:
    """End one address's subscription."""
    from newsletter.services.queries.newsletters import find_newsletter
    from newsletter.services.subscribers import admin

    with command_context(at=at) as here:
        newsletter = find_newsletter(here.ports, slug)
        admin.remove(here.ports.store, newsletter, address, now=here.ports.now())
    out.print("Ended.")


def _paused(address: str, until: date | None, slug: str, at: str) -> None:
    from newsletter.services.queries.newsletters import find_newsletter
    from newsletter.services.subscribers import admin

    with command_context(at=at) as here:
        newsletter = find_newsletter(here.ports, slug)
        admin.pause(here.ports.store, newsletter, address, until=until, now=here.ports.now())


def _opened(file: Path) -> AbstractContextManager[TextIO]:
    if str(file) == "-":
        return nullcontext(sys.stdin)
    return file.open(encoding="utf-8", errors="replace", newline="")


def _document(one: "Subscription") -> dict[str, object]:
    return {
        "address": one.address,
        "name": one.name,
        "language": one.language,
        "zone": one.zone,
        "status": one.status.value,
        "reason": one.reason.value if one.reason else None,
        "confirmed_at": one.confirmed_at.isoformat() if one.confirmed_at else None,
        "paused_until": one.paused_until.isoformat() if one.paused_until else None,
    }
