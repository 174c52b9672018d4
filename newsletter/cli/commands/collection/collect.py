"""newsletter collect: read what is due, or documents from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

        def tell(report: "FeedReport") -> None:
            progress.update(task, description=f"Read {report.source or report.url}", advance=1)

        if paths:
            reports = collect_paths(store, paths, now=now, progress=tell)
        else:
            reports = collect_due(store, here.ports.fetch_policy, now=now, progress=tell)
    if as_json:
        print_json(_document(reports))
    else:
        show(reports)


def show(reports: "tuple[FeedReport, ...]") -> None:
    """The reports as a table with a sum below."""
    if not reports:
        out.print("No feed is due. See:  newsletter feeds list")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("source", overflow="fold")
    for name in ("entries", "new", "updated"):
        table.add_column(name, justify="right")
    table.add_column("what happened", overflow="fold")
    for one in reports:
        counts = [str(count or "·") for count in (one.entries, one.new, one.updated)]
        table.add_row(one.source or one.url, *counts, one.message, style="" if one.is_ok else "red")
    out.print(table)
    new, failed = sum(one.new for one in reports), sum(not one.is_ok for one in reports)
    trouble = f"; {failed} could not be read" if failed else ""
    out.print(f"\n{new} new articles from {len(reports)} feeds{trouble}.")


def _document(reports: "tuple[FeedReport, ...]") -> dict[str, Any]:
    return {
        "feeds": [
            {
                "url": one.url,
                "source": one.source,
                "ok": one.is_ok,
                "said": one.message,
                "entries": one.entries,
                "new": one.new,
                "updated": one.updated,
                "unchanged": one.unchanged,
                "old": one.old,
                "refused": [{"what": it.subject, "why": it.reason} for it in one.refused],
            }
            for one in reports
        ],
        "new": sum(one.new for one in reports),
        "updated": sum(one.updated for one in reports),
        "failed": sum(not one.is_ok for one in reports),
    }
