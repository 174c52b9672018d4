"""newsletter send: an edition now, on an operator's word; or a test message to one address."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from newsletter.cli.context import AsJson, At, On, Slug, command_context, err, note, out, print_json
from newsletter.cli.output.watch import watch_run
from newsletter.cli.selection import edition_of, of_date, sent_edition
from newsletter.cli.temporary_worker import is_worker_running
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.config import Settings
    from newsletter.domain.editions.edition import Edition
    from newsletter.domain.newsletter import Newsletter
    from newsletter.services.ports import Ports


app = typer.Typer(invoke_without_command=True)

POLL_S = 0.2
RECOVER_S = 2.0
# When nothing was sent for so long and no worker has anything in hand, the rest is left to the
# workers and the beat. Where one has, a relay takes its time: RFC 5321 gives it ten minutes.
STUCK_S = 30.0
WAITING = 8  # Exit code: something is still queued, and will be sent by a worker later.
FAILED = 12  # Exit code: nobody was sent it, or so few that it is no success.
NO_WORKER = "No worker answers, so it waits. Start one: celery -A newsletter.tasks.worker worker"
_EVERYTHING = frozenset({"database", "redis", "relay"})


@app.callback(
    epilog="Example:  newsletter send   |   newsletter send --to me@example.org   |   "
    "newsletter send --watch   |   newsletter send pause"
)
def send(
    context: typer.Context,
    on: On = "",
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Only a test, to this one.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Even if an editor holds it.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until all of it is delivered.")] = True,
    watch_only: Annotated[
        bool, typer.Option("--watch", help="Send nothing; show how a run goes, whoever began it.")
    ] = False,
    slug: Slug = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Send an edition to everybody confirmed, now. Sending it twice sends nothing twice.

    One that was stopped in mid-run goes on. Exit code 8: some of it is queued still, and a worker
    will send it. Exit code 12: it failed for everybody, for more than half, or, of a hundred and
    more, for more than the share at which a run stops.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    if watch_only:
        if to or force or not wait:
            raise InputError("--watch sends nothing, so it takes no --to, --force or --no-wait.")
        _watch(on, slug, at, as_json=as_json)
        return
    _send(on, slug, at, to=to, force=force, wait=wait, as_json=as_json)


def _send(on: str, slug: str, at: str, *, to: str, force: bool, wait: bool, as_json: bool) -> None:
    from newsletter.mail.smtp import relay_connection
    from newsletter.services.sending.dispatch import send_now
    from newsletter.services.sending.sender_check import sender_problems

    with command_context(at=at, need=_EVERYTHING) as here:
        ports = here.ports
        newsletter, when = of_date(ports, slug, on)
        edition = edition_of(ports, newsletter, when)
        for problem in sender_problems(newsletter, ports):
            err.print(problem, style="yellow", markup=False)
        if to:
            _test(ports, edition, newsletter, to)
            return
        with relay_connection(ports.relays):
            started = time.monotonic()  # it answers: nothing is begun that could not go on
        with is_worker_running(here.settings, is_wanted=wait) as has_worker:
            done = send_now(ports, edition.id, force=force)
            if wait and has_worker:
                watch(ports, edition.id, quiet=as_json)
        result = result_of(ports, edition.id, newsletter.slug)
        result |= {"planned": done.planned, "seconds": round(time.monotonic() - started, 2)}
        tell(result, as_json=as_json)
        if wait and (result["queued"] or result["sending"]) and not _has_worker(here.settings):
            note(NO_WORKER)
    raise typer.Exit(exit_code(result, newsletter))


def _has_worker(settings: "Settings") -> bool:
    """Whether a worker is there for the rest. Raises UnreachableError when Redis takes no tasks."""
    from newsletter.cli.temporary_worker import ANSWER_S
    from newsletter.tasks.queue import has_worker

    return has_worker(settings.redis_url, timeout_s=ANSWER_S)


def exit_code(result: dict[str, Any], newsletter: "Newsletter") -> int:
    """Return how a command ends that showed this result of result_of."""
    from newsletter.domain.editions.run_result import is_failure

    if result["queued"] or result["sending"]:
        return WAITING
    if result["status"] == "cancelled":  # what failed did so on somebody's word
        return 0
    most = newsletter.max_refused
    return FAILED if is_failure(result["sent"], result["failed"], most=most) else 0


def _watch(on: str, slug: str, at: str, *, as_json: bool) -> None:
    with command_context(at=at) as here:
        newsletter, edition = sent_edition(here.ports, slug, on)
        watch_run(here.ports, edition, as_json=as_json)
        result = read_result(here.ports, edition.id, newsletter.slug)
    raise typer.Exit(exit_code(result, newsletter))


def _refuse_options(context: typer.Context) -> None:
    """Raises InputError for an option that stands before the word it belongs behind."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            word = context.invoked_subcommand
            raise InputError(f"Write what belongs to {word} behind it: newsletter send {word} …")


def _test(ports: "Ports", edition: "Edition", newsletter: "Newsletter", to: str) -> None:
    from newsletter.domain.subscribers.email_address import parse_address
    from newsletter.services.sending.test_message import send_test

    address = parse_address(to).address
    send_test(ports, edition, newsletter, address)
    out.print(f"Sent a test to {address}.")


def watch(ports: "Ports", edition_id: int, *, quiet: bool) -> None:
    """Show how far it is, until nothing is left that is due now, or nothing moves any more.

    Recovers as the beat would: there may be none, and a task may be lost.
    """
    from newsletter.services.queries.deliveries import read_remaining_work
    from newsletter.services.sending.recovery import recover

    columns = (TextColumn("Sending"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        moved_at = recovered_at = time.monotonic()
        last_left, is_idle = -1, False  # whether nobody had anything in hand since it moved
        while True:
            work = read_remaining_work(ports, edition_id)
            bar.update(task, total=work.total, completed=work.total - work.queued)
            is_idle = is_idle or not work.in_hand
            if work.queued != last_left:
                last_left, moved_at = work.queued, time.monotonic()
                is_idle = not work.in_hand
            is_stuck = is_idle and time.monotonic() - moved_at > STUCK_S
            if not work.is_moving or is_stuck:
                return
            if time.monotonic() - recovered_at > RECOVER_S:
                recover(ports)
                recovered_at = time.monotonic()
            time.sleep(POLL_S)


def result_of(ports: "Ports", edition_id: int, slug: str) -> dict[str, Any]:
    """How the edition stands, its deliveries counted by state; finished if nothing is left."""
    from newsletter.services.sending.close_edition import close_if_done

    close_if_done(ports, edition_id)
    return read_result(ports, edition_id, slug)


def read_result(ports: "Ports", edition_id: int, slug: str) -> dict[str, Any]:
    """Return how the edition stands, its deliveries counted by state; nothing is changed."""
    from newsletter.services.queries.deliveries import count_deliveries
    from newsletter.services.queries.editions import read_edition

    edition = read_edition(ports, edition_id)
    counts = count_deliveries(ports, edition_id)
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


def tell(result: dict[str, Any], *, as_json: bool) -> None:
    """What result_of found, as JSON or in a sentence."""
    if as_json:
        print_json(result)
        return
    out.print(f"[bold]{result['date']}[/] {result['status']}: ", end="")
    names = ("sent", "queued", "sending", "failed", "uncertain")
    told = [f"{result[name]} {name}" for name in names if result[name]]
    out.print(f"{', '.join(told) or 'nobody is subscribed'}, of {result['recipients']}.")
    if result["reason"]:
        out.print(result["reason"], style="yellow", markup=False)
