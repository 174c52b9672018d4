"""newsletter verify: the ledger held against what a relay kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.context import AsJson, At, Slug, command_context, note, out, print_json
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.domain.delivery.reconciliation import ReconciliationReport
    from newsletter.domain.editions.edition import Edition
    from newsletter.services.ports import Ports


_DIFFERS = 10  # Exit code: somebody was lost, got it twice, or the ledger is surprised.


def verify(
    edition: Annotated[str, typer.Argument(help="Its date, or its number as in Message-IDs.")],
    against: Annotated[
        Path,
        typer.Option(
            help="What the relay kept: a Maildir, a folder with a file for each message, an mbox, "
            "or a dump or log in which each Message-ID stands once for each message.",
        ),
    ],
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Hold the ledger against what a relay kept of an edition, and tell the difference.

    Exit code 10 when somebody was lost, or got it twice without being uncertain, or got what the
    ledger has as queued or failed.
    """
    from newsletter.domain.editions.states import is_sending
    from newsletter.services.sending.reconcile import reconcile_edition

    if not against.exists():
        raise InputError(f"There is nothing at {against}.")
    with command_context(at=at) as here:
        meant = _find_edition(here.ports, slug, edition)
        found = reconcile_edition(here.ports.store, meant.id, against)
    if as_json:
        print_json(_document(meant, found))
    else:
        _tell(meant, found)
    if is_sending(meant.status):
        note("It is being sent: what is on its way may look lost, or like a surprise.")
    raise typer.Exit(0 if found.agrees else _DIFFERS)


def _find_edition(ports: "Ports", slug: str, edition: str) -> "Edition":
    from newsletter.cli.selection import sent_edition
    from newsletter.services.queries.editions import read_edition

    if not edition.isdecimal():
        return sent_edition(ports, slug, edition)[1]
    return read_edition(ports, int(edition))


def _document(edition: "Edition", found: "ReconciliationReport") -> dict[str, object]:
    return {
        "edition": edition.id,
        "date": edition.on.isoformat(),
        "agrees": found.agrees,
        "recipients": found.recipients,
        **{status.value: count for status, count in found.states.items() if status != "sending"},
        "kept": found.archived,
        **{finding.value: count for finding, count in found.counts.items()},
        "subscribers": {finding.value: ids for finding, ids in found.ids.items() if ids},
    }


def _tell(edition: "Edition", found: "ReconciliationReport") -> None:
    said = [f"{count} {status}" for status, count in found.states.items() if count]
    out.print(
        f"[bold]{edition.on}[/], number {edition.id}: {', '.join(said) or 'nobody'}; ", end=""
    )
    out.print(f"{found.archived} messages kept.")
    for finding, count in found.counts.items():
        ids = ", ".join(map(str, found.ids[finding]))
        more = " …" if count > len(found.ids[finding]) else ""
        if count:
            out.print(f"  {finding.replace('_', ' ')}: {count} (subscribers {ids}{more})")
    out.print(
        "They agree." if found.agrees else "They differ.", style="" if found.agrees else "red"
    )
