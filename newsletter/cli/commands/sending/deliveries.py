"""newsletter deliveries: what became of each, and of those of which nobody can know."""

import csv
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from newsletter.cli.context import AsJson, At, Slug, command_context, note, out, print_json
from newsletter.cli.selection import SentEditionDate, sent_edition
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.domain.delivery.ledger import Delivery
    from newsletter.domain.editions.edition import Edition
    from newsletter.domain.newsletter import Newsletter
    from newsletter.services.ports import Ports


app = typer.Typer(no_args_is_help=True, help="What became of an edition's deliveries.")

_REPLY_CHARS = 200  # On a line for people; --csv and --json hold all of it.


class _Row(TypedDict):
    """A delivery as it is listed; its keys are the columns of --csv."""

    address: str
    status: str
    attempts: int
    code: int | None
    reply: str
    settled_at: str | None


class State(StrEnum):
    """What may be asked for; what a worker has in its hand is among the queued."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class SettledAs(StrEnum):
    """What somebody may say of the uncertain; queued sends it again, under the same Message-ID."""

    SENT = "sent"
    FAILED = "failed"
    QUEUED = "queued"


@app.command(name="list", epilog="Example:  newsletter deliveries list --state failed --csv")
def list_(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    on: SentEditionDate = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, with headings.")] = False,
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """List an edition's deliveries, each with the relay's last reply.

    An address is empty when its subscriber has been erased.
    """
    from newsletter.services.queries.deliveries import iter_deliveries

    if as_csv and as_json:
        raise InputError("Ask for one of --csv and --json.")
    states = tuple(DeliveryStatus) if state is None else (DeliveryStatus(state),)
    with command_context(at=at) as here:
        _, edition = _edition_in_ledger(here.ports, *sent_edition(here.ports, slug, on))
        rows = (_row(one) for one in iter_deliveries(here.ports, edition.id, statuses=states))
        if as_csv:
            _print_csv(rows)
        elif as_json:
            _print_array(rows)
        else:
            _print_lines(rows)


@app.command(epilog="Example:  newsletter deliveries uncertain --settle sent")
def uncertain(
    settle: Annotated[
        SettledAs | None,
        typer.Option(help="Write down what they were; queued sends them again, as the same mail."),
    ] = None,
    address: Annotated[str, typer.Option(metavar="ADDRESS", help="Only this one.")] = "",
    on: SentEditionDate = "",
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """List the deliveries of which nobody can know whether the relay took them, or settle them."""
    from newsletter.services.sending import control

    if address and settle is None:
        raise InputError("Say what became of it: --settle sent, failed or queued.")
    need = {"database", "redis"} if settle is SettledAs.QUEUED else {"database"}
    with command_context(at=at, need=frozenset(need)) as here:
        newsletter, edition = _edition_in_ledger(here.ports, *sent_edition(here.ports, slug, on))
        if settle is None:
            _list_uncertain(here.ports, newsletter, edition, as_json=as_json)
            return
        to = DeliveryStatus(settle)
        done = control.resolve_uncertain(here.ports, edition.id, to, address=address)
    if as_json:
        print_json({"edition": edition.id, "settled": done.resolved, "uncertain": done.left})
        return
    out.print(f"{done.resolved} settled as {to}, {done.left} uncertain still.")


def _list_uncertain(
    ports: "Ports", newsletter: "Newsletter", edition: "Edition", *, as_json: bool
) -> None:
    from newsletter.services.queries.deliveries import iter_deliveries

    uncertain_only = (DeliveryStatus.UNCERTAIN,)
    found = iter_deliveries(ports, edition.id, statuses=uncertain_only)
    rows = [_row(each) for each in found]
    if as_json:
        told = {"edition": edition.id, "date": edition.on.isoformat()}
        print_json(told | {"uncertain": len(rows), "deliveries": rows})
        return
    _print_lines(iter(rows))
    out.print(f"{len(rows)} of the edition of {edition.on} are uncertain.")
    if rows:
        note(
            f"By the newsletter's rule ({newsletter.uncertain_policy}) nothing more becomes of "
            "them by itself. Settle them: "
            "newsletter deliveries uncertain --settle sent|failed|queued"
        )


def _edition_in_ledger(
    ports: "Ports", newsletter: "Newsletter", edition: "Edition"
) -> tuple["Newsletter", "Edition"]:
    """Both. Raises when the ledger does not tell of each delivery, or does not any more."""
    from newsletter.services.sending.reconcile import ensure_ledger_kept

    ensure_ledger_kept(ports.store, edition)
    return newsletter, edition


def _row(one: "Delivery") -> _Row:
    return {
        "address": one.address,
        "status": one.status.value,
        "attempts": one.attempts,
        "code": one.reply_code,
        "reply": one.reply,
        "settled_at": one.settled_at.isoformat() if one.settled_at else None,
    }


def _print_csv(rows: Iterator[_Row]) -> None:
    from newsletter.services.subscribers.import_export import escape_formula

    writer = csv.writer(sys.stdout)
    writer.writerow(_Row.__annotations__)
    for row in rows:
        writer.writerow(
            escape_formula("" if value is None else str(value)) for value in row.values()
        )


def _print_array(rows: Iterator[_Row]) -> None:
    """One JSON array, a line for each delivery: a million of them need no memory."""
    before = "[\n"
    for row in rows:
        sys.stdout.write(before + json.dumps(row, ensure_ascii=False))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


def _print_lines(rows: Iterator[_Row]) -> None:
    from newsletter.domain.text.clean import strip_invisible

    for row in rows:
        # What a relay says may hold anything, also what a terminal would obey.
        said = " ".join(strip_invisible(f"{row['code'] or ''} {row['reply']}").split())[
            :_REPLY_CHARS
        ]
        sys.stdout.write(f"{row['address'] or '(erased)'}  {row['status']}  {said}".rstrip() + "\n")
