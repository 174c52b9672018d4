"""newsletter status: how the house is, and what to do next."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from newsletter.cli.context import AsJson, At, command_context, out, print_json
from newsletter.domain.delivery.status import DeliveryStatus

if TYPE_CHECKING:
    from newsletter.services.operations.status import NewsletterStatus, Status


_LATE = 9  # Exit code of --check: the beat or the workers are not there.
_NOT_OUT = 11  # Exit code of --check: the next evening of a newsletter does not go out.


_NO_NEWSLETTER = "There is no newsletter yet. Make one: newsletter init"
_NO_JOB = (
    "No job has run to its end yet. Beat calls them as soon as it starts, and workers do them: "
    "newsletter serve --all"
)


def status(
    at: At = "",
    as_json: AsJson = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Exit code 9 when a job has not run lately, 11 when the next edition of a "
            "newsletter does not go out as things stand.",
        ),
    ] = False,
) -> None:
    """Whether tonight's edition goes out, readers, deliveries, feeds in trouble, and the jobs."""
    from newsletter import config
    from newsletter.services.operations.status import status as status_at
    from newsletter.services.sending.sender_check import sender_problems

    has_relay = bool(config.load().smtp_url)
    with command_context(at=at) as here:
        found = status_at(here.ports, has_relay=has_relay)
        problems = {
            standing.newsletter.slug: sender_problems(standing.newsletter, here.ports)
            for standing in found.newsletters
        }
    if as_json:
        print_json(_document(found, problems))
    elif check:
        _show_check(found)
    else:
        _show_all(found, problems)
    raise typer.Exit(_check_code(found) if check else 0)


def _check_code(found: "Status") -> int:
    from newsletter.services.operations.status import overdue_jobs

    if overdue_jobs(found):
        return _LATE
    forecasts = [standing.forecast.goes_out for standing in found.newsletters]
    return _NOT_OUT if False in forecasts or not forecasts else 0


def _show_check(found: "Status") -> None:
    """Print one line for each newsletter, and one for the jobs."""
    from newsletter.services.operations.status import overdue_jobs

    for standing in found.newsletters:
        name = f"{standing.newsletter.slug}: " if len(found.newsletters) > 1 else ""
        out.print(f"{name}{standing.forecast.sentence}", markup=False, soft_wrap=True)
    if not found.newsletters:
        out.print(_NO_NEWSLETTER)
    late = overdue_jobs(found)
    out.print(f"Late: {', '.join(late)}." if late else "Every job has run lately.")


def _show_all(found: "Status", problems: dict[str, tuple[str, ...]]) -> None:
    if not found.newsletters:
        out.print(_NO_NEWSLETTER)
    for standing in found.newsletters:
        _show(standing)
        for problem in problems[standing.newsletter.slug]:
            out.print(f"  {problem}", style="yellow", markup=False, soft_wrap=True)
    failing = [feed for feed in found.feeds if feed.failures]
    polled = [feed for feed in found.feeds if feed.is_polled]
    out.print(f"\n{len(polled)} feeds are read, {len(failing)} in trouble.")
    for feed in failing:
        out.print(f"  {feed.source or feed.url}: {feed.last_result}", style="red", markup=False)
    for job, (ran_at, said) in found.ticks.items():
        minutes = max(0, (found.at - ran_at).total_seconds() / 60)
        out.print(f"  {job} ran {minutes:.0f} min ago: {said}", style="dim", markup=False)
    if not found.ticks:
        out.print(f"  {_NO_JOB}", style="dim")


def _show(standing: "NewsletterStatus") -> None:
    newsletter = standing.newsletter
    out.print(f"[bold]{newsletter.name}[/] ({newsletter.slug}), {newsletter.zone}")
    goes_out = standing.forecast.goes_out
    style = "red" if goes_out is False else "green" if goes_out else ""
    out.print(f"  {standing.forecast.sentence}", style=style, markup=False, soft_wrap=True)
    readers = ", ".join(f"{count} {state}" for state, count in standing.subscriptions.items())
    out.print(f"  readers: {readers}")
    if not standing.editions:
        out.print("  no edition yet: newsletter compose", style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("  date", "status", "sent", "queued", "failed", "uncertain", "subject"):
        table.add_column(name, overflow="fold")
    for edition in standing.editions:
        counts = standing.deliveries[edition.id]
        figures = [
            str(counts[DeliveryStatus(name)] or "·")
            for name in ("sent", "queued", "failed", "uncertain")
        ]
        table.add_row(f"  {edition.on}", edition.status.value, *figures, edition.subject)
    out.print(table)


def _document(found: "Status", problems: dict[str, tuple[str, ...]]) -> dict[str, object]:
    return {
        "at": found.at.isoformat(),
        "newsletters": [
            {
                "slug": one.newsletter.slug,
                "name": one.newsletter.name,
                "zone": one.newsletter.zone,
                "next_at": one.next_at.isoformat(),
                "forecast": {
                    "date": one.forecast.on.isoformat(),
                    "sends_at": one.forecast.sends_at.isoformat(),
                    "goes_out": one.forecast.goes_out,
                    "reason": one.forecast.reason.value,
                    "sentence": one.forecast.sentence,
                },
                "readers": one.subscriptions,
                "problems": problems[one.newsletter.slug],
                "editions": [
                    {
                        "date": edition.on.isoformat(),
                        "status": edition.status.value,
                        "hold": edition.hold,
                        "reason": edition.reason,
                        "subject": edition.subject,
                        "deliveries": one.deliveries[edition.id],
                    }
                    for edition in one.editions
                ],
            }
            for one in found.newsletters
        ],
        "feeds": {
            "polled": sum(feed.is_polled for feed in found.feeds),
            "in_trouble": [
                {"url": feed.url, "said": feed.last_result} for feed in found.feeds if feed.failures
            ],
        },
        "jobs": {
            job: {"ran_at": ran_at.isoformat(), "said": said}
            for job, (ran_at, said) in found.ticks.items()
        },
    }
