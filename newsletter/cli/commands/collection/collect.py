"""newsletter collect: read what is due, or documents from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from newsletter.cli.context import AsJson, At, command_context, err, out, print_json

if TYPE_CHECKING:
    from newsletter.services.collection.collect import FeedReport


def collect(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]…", help="More files or folders.")
    ] = None,
    from_: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="PATH", help="Read feed documents from files or folders."),
    ] = None,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Read the feeds that are due, and keep their articles. One feed's trouble is its own."""
    from newsletter.services.collection.collect import collect as collect_due
    from newsletter.services.collection.collect_files import collect_paths

    paths = [*(from_ or ()), *(files or ())]
    with (
        command_context(at=at) as here,
        Progress(
            SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True
        ) as progress,
    ):
        task = progress.add_task("Reading feeds…")
        store, now = here.ports.store, here.ports.now()

        def show_progress(report: "FeedReport") -> None:
            progress.update(task, description=f"Read {report.source or report.url}", advance=1)

        if paths:
            reports = collect_paths(store, paths, now=now, progress=show_progress)
        else:
            reports = collect_due(store, here.ports.fetch_policy, now=now, progress=show_progress)
    if as_json:
        print_json(_document(reports))
    else:
        show(reports)


def show(reports: "tuple[FeedReport, ...]") -> None:
    """Print the reports as a table with a sum below."""
    if not reports:
        out.print("No feed is due. See:  newsletter feeds list")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("source", overflow="fold")
    for name in ("entries", "new", "updated"):
        table.add_column(name, justify="right")
    table.add_column("what happened", overflow="fold")
    for report in reports:
        counts = [str(count or "·") for count in (report.entries, report.new, report.updated)]
        table.add_row(
            report.source or report.url,
            *counts,
            report.message,
            style="" if report.is_ok else "red",
        )
    out.print(table)
    new, failed = sum(report.new for report in reports), sum(not report.is_ok for report in reports)
    trouble = f"; {failed} could not be read" if failed else ""
    out.print(f"\n{new} new articles from {len(reports)} feeds{trouble}.")


def _document(reports: "tuple[FeedReport, ...]") -> dict[str, object]:
    return {
        "feeds": [
            {
                "url": report.url,
                "source": report.source,
                "ok": report.is_ok,
                "said": report.message,
                "entries": report.entries,
                "new": report.new,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "old": report.old,
                "refused": [
                    {"what": entry.subject, "why": entry.reason} for entry in report.refused
                ],
            }
            for report in reports
        ],
        "new": sum(report.new for report in reports),
        "updated": sum(report.updated for report in reports),
        "failed": sum(not report.is_ok for report in reports),
    }
