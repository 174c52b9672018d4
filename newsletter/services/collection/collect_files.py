"""Collect from files: documents that were saved, instead of feeds that are polled."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from newsletter.domain.feed import Feed
from newsletter.errors import FeedError, InputError
from newsletter.feeds.fetching.decompress import decompress
from newsletter.feeds.fetching.fetch import FetchedDocument
from newsletter.feeds.parsing.outlet_names import outlet_name, section_name
from newsletter.feeds.parsing.parsed_feed import ParsedFeed
from newsletter.services.collection.collect import (
    FeedReport,
    Progress,
    Reading,
    parse_feed_or_page,
    store_reading,
)
from newsletter.store import Store
from newsletter.store.collection import feeds

MAX_FILE_BYTES = (
    60_000_000  # What is larger is not even read; what is unpacked has a limit of its own.
)

_FEED_FILES = {".xml", ".rss", ".atom", ".rdf", ".json", ".html", ".htm", ".feed"}


def collect_paths(
    store: Store, paths: Iterable[Path], *, now: datetime, progress: Progress = lambda _: None
) -> tuple[FeedReport, ...]:
    """Read feed documents from files, and from the files in folders, in the order of their names.

    Raises InputError when a path does not exist; what a file holds is its own report's matter.
    """
    reports = []
    for path in _files(paths):
        report = _collect_file(store, path, now)
        progress(report)
        reports.append(report)
    return tuple(reports)


def newest(paths: Iterable[Path], *, now: datetime) -> datetime | None:
    """Return when the newest entry in these files was published, if that is not after now.

    None when no file can be read, or none of its entries is dated. Raises InputError as
    collect_paths does.
    """
    dates = []
    for path in _files(paths):
        try:
            parsed = _parse_file(path)
        except (FeedError, OSError):
            continue
        dates += [entry.published_at for entry in parsed.entries if entry.published_at]
    return max((date for date in dates if date <= now), default=None)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(inside for inside in path.rglob("*") if _is_feed_file(inside))
        elif path.exists():
            yield path
        else:
            raise InputError(f"There is no file or folder {path}.")


def _is_feed_file(path: Path) -> bool:
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return path.is_file() and plain.suffix.lower() in _FEED_FILES


def _parse_file(path: Path) -> ParsedFeed:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise FeedError(f"It is larger than {MAX_FILE_BYTES / 1e6:g} MB.")
    body = decompress(path.read_bytes())
    return parse_feed_or_page(FetchedDocument(url=path.resolve().as_uri(), body=body))


def _collect_file(store: Store, path: Path, now: datetime) -> FeedReport:
    uri = path.resolve().as_uri()
    try:
        parsed = _parse_file(path)
    except OSError as error:
        return FeedReport(url=uri, source=path.name, is_ok=False, message=f"{error.strerror}.")
    except FeedError as error:
        return FeedReport(url=uri, source=path.name, is_ok=False, message=str(error))
    feed = Feed(
        url=uri,
        source=outlet_name(parsed, url=uri),
        section=section_name(parsed, url=uri),
        language=parsed.language,
        is_polled=False,
        due_at=now,
    )
    with store.begin() as session:
        feed = feeds.add(session, feed, now=now)
    return store_reading(store, feed, Reading(parsed=parsed), now=now)
