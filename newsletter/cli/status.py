"""newsletter status: how the house is, and what to do next."""

from typing import Annotated, Any

import typer
from rich.table import Table

from newsletter.cli.common import AsJson, At, house, out, print_json

_LATE = 9  # Exit code of --check: the beat or the workers are not there.


def status(
    at: At = "",
    as_json: AsJson = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 9 when a job has not run lately.")
    ] = False,
) -> None:
    """Newsletters, readers, editions with their deliveries, feeds in trouble, and the jobs."""
    from newsletter.services.status import late_jobs
    from newsletter.services.status import status as status_at

    with house(at=at) as here:
        found = status_at(here.ports.store, now=here.ports.now())
    if check:
        late = late_jobs(found)
        out.print(f"Late: {', '.join(late)}." if late else "Every job has run lately.")
        raise typer.Exit(_LATE if late else 0)
    if as_json:
        print_json(_document(found))
        return
    for standing in found.newsletters:
        _show(standing)
    failing = [feed for feed in found.feeds if feed.failures]
    polled = [feed for feed in found.feeds if feed.is_polled]
    out.print(f"\n{len(polled)} feeds are read, {len(failing)} in trouble.")
    for feed in failing:
        out.print(f"  {feed.source or feed.url}: {feed.said}", style="red", markup=False)
    for job, (ran_at, said) in found.ticks.items():
        minutes = (found.at - ran_at).total_seconds() / 60
        out.print(f"  {job} ran {minutes:.0f} min ago: {said}", style="dim", markup=False)
    if not found.ticks:
        out.print("  The beat has not run. Start everything: newsletter serve --all", style="dim")


def _show(standing: Any) -> None:
    newsletter = standing.newsletter
    out.print(f"[bold]{newsletter.name}[/] ({newsletter.slug}), {newsletter.zone}")
    readers = ", ".join(f"{count} {state}" for state, count in standing.readers.items())
    out.print(f"  next: {standing.next_at:%a %d %b %H:%M} UTC · readers: {readers}")
    if not standing.editions:
        out.print("  no edition yet: newsletter compose", style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("  date", "status", "sent", "queued", "failed", "uncertain", "subject"):
        table.add_column(name, overflow="fold")
    for edition in standing.editions:
        counts = standing.deliveries[edition.id]
        figures = [str(counts[name] or "·") for name in ("sent", "queued", "failed", "uncertain")]
        table.add_row(f"  {edition.on}", edition.status.value, *figures, edition.subject)
    out.print(table)


def _document(found: Any) -> dict[str, Any]:
    return {
        "at": found.at.isoformat(),
        "newsletters": [
            {
                "slug": one.newsletter.slug,
                "name": one.newsletter.name,
                "zone": one.newsletter.zone,
                "next_at": one.next_at.isoformat(),
                "readers": one.readers,
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
                {"url": feed.url, "said": feed.said} for feed in found.feeds if feed.failures
            ],
        },
        "jobs": {
            job: {"ran_at": ran_at.isoformat(), "said": said}
            for job, (ran_at, said) in found.ticks.items()
        },
    }
