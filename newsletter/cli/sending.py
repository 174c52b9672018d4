"""newsletter send: an edition now, on an operator's word; or a test message to one address."""

import time
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from newsletter.cli.common import AsJson, At, On, Slug, day, err, house, note, out, print_json
from newsletter.cli.worker import worker_running
from newsletter.errors import MissingError

POLL_S = 0.2
RECOVER_S = 2.0
STUCK_S = 30.0  # A relay that takes no message in this time is left to the worker and the beat.
_EVERYTHING = frozenset({"database", "redis", "relay"})
_WAITING = 8  # Exit code: something is still queued, and will be sent by a worker later.


def send(
    on: On = "",
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Only a test, to this one.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Even if an editor holds it.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until all of it is delivered.")] = True,
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Send an edition to everybody confirmed, now. Sending it twice sends nothing twice.

    Exit code 8: some of it is queued still, and a worker will send it.
    """
    from newsletter.domain import schedule
    from newsletter.mail.smtp import Relays, connected
    from newsletter.services.dispatch import send_now
    from newsletter.store import editions, newsletters

    with house(at=at, need=_EVERYTHING) as here:
        ports = here.ports
        with ports.store.begin() as session:
            newsletter = newsletters.by_slug(session, slug)
            when = day(on) or schedule.local_date(newsletter, ports.now())
            edition = editions.by_date(session, newsletter.id, when)
        if edition is None:
            raise MissingError(
                f"There is no edition of {when} yet. Run: newsletter compose --date {when}"
            )
        if to:
            _test(ports, edition, newsletter, to)
            return
        with connected(Relays.parse(ports.relay_url)):
            started = time.monotonic()  # it answers: nothing is begun that could not go on
        with worker_running(here.settings, is_wanted=wait) as has_worker:
            done = send_now(ports, edition.id, force=force)
            if wait and has_worker:
                watch(ports, edition.id, quiet=as_json)
        result = result_of(ports, edition.id, newsletter.slug)
    result |= {"planned": done.planned, "seconds": round(time.monotonic() - started, 2)}
    _tell(result, has_worker=has_worker or not wait, as_json=as_json)
    if result["queued"] or result["sending"]:
        raise typer.Exit(_WAITING)


def _test(ports: Any, edition: Any, newsletter: Any, to: str) -> None:
    from newsletter.domain.address import parse_address
    from newsletter.services.dispatch import send_test

    address = parse_address(to).address
    send_test(ports, edition, newsletter, address)
    out.print(f"Sent a test to {address}.")


def watch(ports: Any, edition_id: int, *, quiet: bool) -> None:
    """Show how far it is, until nothing is left that is due now, or nothing moves any more.

    Recovers as the beat would: there may be none, and a task may be lost.
    """
    from newsletter.services.recover import recover

    columns = (TextColumn("Sending"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        moved_at = recovered_at = time.monotonic()
        last_left = -1
        while True:
            left, total, has_more = _standing(ports, edition_id)
            bar.update(task, total=total, completed=total - left)
            if left != last_left:
                last_left, moved_at = left, time.monotonic()
            if not has_more or time.monotonic() - moved_at > STUCK_S:
                return
            if time.monotonic() - recovered_at > RECOVER_S:
                recover(ports)
                recovered_at = time.monotonic()
            time.sleep(POLL_S)


def _standing(ports: Any, edition_id: int) -> tuple[int, int, bool]:
    """How many deliveries are left, how many there are, and whether any is due or in work."""
    from newsletter.domain.delivery import DeliveryStatus
    from newsletter.store import deliveries

    with ports.store.begin() as session:
        counts = deliveries.counts(session, [edition_id])[edition_id]
        due = deliveries.due_batches(session, edition_id, now=ports.now())
    sending = counts[DeliveryStatus.SENDING]
    return counts[DeliveryStatus.QUEUED] + sending, sum(counts.values()), bool(due or sending)


def result_of(ports: Any, edition_id: int, slug: str) -> dict[str, Any]:
    """How the edition stands, its deliveries counted by state."""
    from newsletter.services.deliver import finish
    from newsletter.store import deliveries, editions

    finish(ports, edition_id)
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        counts = deliveries.counts(session, [edition_id])[edition_id]
    return {
        "edition": edition_id,
        "newsletter": slug,
        "date": edition.on.isoformat(),
        "subject": edition.subject,
        "status": edition.status.value,
        "reason": edition.reason,
        "recipients": sum(counts.values()),
        **{status.value: count for status, count in counts.items()},
    }


def _tell(result: dict[str, Any], *, has_worker: bool, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        out.print(f"[bold]{result['date']}[/] {result['status']}: ", end="")
        names = ("sent", "queued", "sending", "failed", "uncertain")
        told = [f"{result[name]} {name}" for name in names if result[name]]
        out.print(f"{', '.join(told) or 'nobody is subscribed'}, of {result['recipients']}.")
        if result["reason"]:
            out.print(result["reason"], style="yellow", markup=False)
    if not has_worker and (result["queued"] or result["sending"]):
        note("No worker answers, so it waits. Start one: celery -A newsletter.tasks.worker worker")
