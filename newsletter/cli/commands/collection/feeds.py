"""newsletter feeds: add, list, remove, check."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from newsletter.cli.context import AsJson, At, command_context, out, print_json

if TYPE_CHECKING:
    from newsletter.domain.feed import Feed


app = typer.Typer(no_args_is_help=True, help="The feeds that are read.")

_EXIT_FAILING = 6  # Exit code of `feeds check` when a feed is not well.


@app.command(epilog="Example:  newsletter feeds add https://example.org/world.rss --section World")
def add(
    url: Annotated[str, typer.Argument(help="A feed, or a web page that names one.")],
    source: Annotated[str, typer.Option(help="The outlet's name.")] = "",
    section: Annotated[str, typer.Option(help="What the outlet calls it.")] = "",
    language: Annotated[str, typer.Option(help="Its language, such as en.")] = "",
    weight: Annotated[float, typer.Option(min=0, max=5, help="Its standing; 1 is usual.")] = 1.0,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Read a feed once, say what it contains, and read it from now on."""
    from newsletter.services.collection import manage_feeds

    overrides: dict[str, str | float] = {
        "source": source,
        "section": section,
        "language": language,
        "weight": weight,
    }
    with command_context(at=at) as here:
        ports = here.ports
        feed, parsed = manage_feeds.add(
            ports.store, ports.fetch_policy, url, now=ports.now(), overrides=overrides
        )
    if as_json:
        print_json({"url": feed.url, "source": feed.source, "entries": len(parsed.entries)})
        return
    contents = f"{parsed.kind}, {len(parsed.entries)} entries."
    out.print(f"Added {feed.source} {feed.section}: {contents}", markup=False)
    out.print("Next:  newsletter collect", style="dim")


@app.command(name="list", epilog="Example:  newsletter feeds list --json")
def list_(at: At = "", as_json: AsJson = False) -> None:
    """Every feed, what happened last, and when it is read next."""
    from newsletter.services.queries.feeds import list_feeds

    with command_context(at=at) as here:
        listed = list_feeds(here.ports)
    if as_json:
        print_json([_document(feed) for feed in listed])
        return
    if not listed:
        out.print("There are no feeds yet. Add one:  newsletter feeds add URL")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("source", "section", "last read", "what happened", "feed"):
        table.add_column(name, overflow="fold")
    for feed in listed:
        read = f"{feed.fetched_at:%d %b %H:%M}" if feed.fetched_at else "never"
        style = "red" if feed.failures else ""
        table.add_row(feed.source, feed.section, read, feed.last_result, feed.url, style=style)
    out.print(table)


@app.command(epilog="Example:  newsletter feeds remove https://example.org/world.rss")
def remove(
    url: Annotated[str, typer.Argument(help="The feed's address, as listed.")], at: At = ""
) -> None:
    """Stop reading a feed. Its articles stay."""
    from newsletter.services.collection import manage_feeds

    with command_context(at=at) as here:
        manage_feeds.remove(here.ports.store, url)
    out.print("Removed.")


@app.command(epilog="Example:  newsletter feeds check")
def check(at: At = "", as_json: AsJson = False) -> None:
    """Read every feed now and say whether it is well; keep nothing. Exit code 6 when one is not."""
    from newsletter.services.collection import manage_feeds

    with command_context(at=at) as here:
        checked = manage_feeds.check(here.ports.store, here.ports.fetch_policy)
    if as_json:
        print_json(
            [{"url": feed.url, "ok": is_ok, "said": result} for feed, result, is_ok in checked]
        )
    else:
        for feed, result, is_ok in checked:
            out.print(f"{'✓' if is_ok else '✗'} {feed.source}: {result}", markup=False)
    if not all(is_ok for _, _, is_ok in checked):
        raise typer.Exit(_EXIT_FAILING)


def _document(feed: "Feed") -> dict[str, object]:
    return {
        "url": feed.url,
        "source": feed.source,
        "section": feed.section,
        "language": feed.language,
        "polled": feed.is_polled,
        "failures": feed.failures,
        "said": feed.last_result,
        "entries": feed.entry_count,
        "fetched_at": feed.fetched_at.isoformat() if feed.fetched_at else None,
        "due_at": feed.due_at.isoformat(),
    }
