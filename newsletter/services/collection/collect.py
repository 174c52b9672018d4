"""Collect: read the feeds that are due, keep their articles, and write down how each went."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.articles.article import is_stale
from newsletter.errors import FeedError
from newsletter.feeds.fetching.fetch import FetchedDocument, Fetcher, RefusedByServerError
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.feeds.pages.article_page import read_page
from newsletter.feeds.parsing.detect import WebPageError, parse_document
from newsletter.feeds.parsing.parsed_feed import ParsedFeed, RejectedEntry
from newsletter.store import Store
from newsletter.store.collection import articles, feeds
from newsletter.store.collection.feeds import Feed

_log = logging.getLogger(__name__)

POLL_INTERVAL = timedelta(
    minutes=15
)  # A newsroom publishes some ten articles an hour; more is impolite.
OVERDUE_AFTER = timedelta(
    minutes=5
)  # The beat asks each minute: a feed that waits longer was missed.
MAX_POLL_INTERVAL = timedelta(
    hours=12
)  # A feed that was down for a week is found within half a day.
MAX_PARALLEL = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """How one feed went. message is the sentence kept on its row; old counts what is no news."""

    url: str
    source: str
    is_ok: bool
    message: str
    entries: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    old: int = 0
    refused: tuple[RejectedEntry, ...] = ()


Progress = Callable[[FeedReport], None]


def collect(
    store: Store, policy: FetchPolicy, *, now: datetime, progress: Progress = lambda _: None
) -> tuple[FeedReport, ...]:
    """Read every feed that is due at now; one feed's failure is its own.

    The reports are in the order in which the feeds answered; progress is handed each as it comes.
    """
    with store.begin() as session:
        due = feeds.list_due(session, now=now)
    return _read(store, policy, due, now, progress)


def collect_behind(
    store: Store, policy: FetchPolicy, *, now: datetime, overdue: timedelta = OVERDUE_AFTER
) -> tuple[FeedReport, ...]:
    """Read the feeds that were never read, and those that are due for longer than overdue.

    Composing does so first: an evening is not decided on feeds that nobody has read.
    """
    with store.begin() as session:
        behind = feeds.list_overdue(session, now=now, overdue=overdue)
    return _read(store, policy, behind, now, lambda _: None)


def _read(
    store: Store, policy: FetchPolicy, due: Sequence[Feed], now: datetime, progress: Progress
) -> tuple[FeedReport, ...]:
    """Read these feeds, several at once."""
    if not due:
        return ()
    fetcher, reports = Fetcher(policy), []
    with ThreadPoolExecutor(MAX_PARALLEL) as pool:
        fetched = {pool.submit(_fetch, fetcher, feed): feed for feed in due}
        for done in as_completed(fetched):
            report = _settle(store, fetched[done], done.result(), now)
            progress(report)
            reports.append(report)
    return tuple(reports)


@dataclass(frozen=True, slots=True)
class _Fetched:
    document: FetchedDocument | None = None
    parsed: ParsedFeed | None = None
    error: FeedError | None = None


def _fetch(fetcher: Fetcher, feed: Feed) -> _Fetched:
    try:
        document = fetcher.fetch(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        if document.is_unchanged:
            return _Fetched(document)
        return _Fetched(document, _parsed(document))
    except FeedError as error:
        return _Fetched(error=error)


def _parsed(document: FetchedDocument) -> ParsedFeed:
    """The feed in the document, or a feed of one entry when it is an article's page."""
    try:
        return parse_document(document.body, content_type=document.content_type, url=document.url)
    except WebPageError:
        entry = read_page(document.body, url=document.url, content_type=document.content_type)
        return ParsedFeed(kind="page", language=entry.language, entries=(entry,))


def _settle(store: Store, feed: Feed, fetched: _Fetched, now: datetime) -> FeedReport:
    if fetched.error is not None or fetched.document is None:
        return _failed(store, feed, fetched.error, now)
    document, parsed = fetched.document, fetched.parsed
    if parsed is None:
        return _unchanged(store, feed, now)
    report = _keep(store, feed, parsed, now)
    if not report.is_ok:
        return report
    with store.begin() as session:
        feeds.record(
            session,
            feed.id,
            etag=document.etag,
            last_modified=document.last_modified,
            due_at=now + POLL_INTERVAL,
        )
    return report


def _failed(store: Store, feed: Feed, error: FeedError | None, now: datetime) -> FeedReport:
    message, failures = str(error), feed.failures + 1
    pause = min(POLL_INTERVAL * 2 ** min(failures, 10), MAX_POLL_INTERVAL)
    asked = error.wait if isinstance(error, RefusedByServerError) else None
    with store.begin() as session:
        feeds.record(
            session,
            feed.id,
            last_result=message,
            failures=failures,
            fetched_at=now,
            due_at=now + max(pause, asked or timedelta(0)),
        )
    return FeedReport(url=feed.url, source=feed.source, is_ok=False, message=message)


def _unchanged(store: Store, feed: Feed, now: datetime) -> FeedReport:
    message = "Nothing new since the last time."
    with store.begin() as session:
        feeds.record(
            session,
            feed.id,
            last_result=message,
            failures=0,
            fetched_at=now,
            succeeded_at=now,
            due_at=now + POLL_INTERVAL,
        )
    return FeedReport(
        url=feed.url, source=feed.source, is_ok=True, message=message, unchanged=feed.entry_count
    )


def _keep(store: Store, feed: Feed, parsed: ParsedFeed, now: datetime) -> FeedReport:
    """Keep what a document contained, and say on the feed's row how it went."""
    try:
        return _kept(store, feed, parsed, now)
    except Exception as error:  # noqa: BLE001  # a feed's failure is its own, unforeseen ones too
        _log.exception("The articles of %s could not be kept", feed.url)
        trouble = FeedError(f"Its articles could not be kept ({type(error).__name__}).")
        return _failed(store, feed, trouble, now)


def _kept(store: Store, feed: Feed, parsed: ParsedFeed, now: datetime) -> FeedReport:
    old = sum(is_stale(entry, collected_at=now) for entry in parsed.entries)
    with store.begin() as session:
        kept = articles.upsert_entries(session, feed, parsed.entries, now=now)
        report = FeedReport(
            url=feed.url,
            source=feed.source,
            is_ok=True,
            message=_sentence(parsed, kept, old),
            entries=len(parsed.entries) + len(parsed.rejected),
            new=kept.new,
            updated=kept.updated,
            unchanged=kept.unchanged,
            old=old,
            refused=parsed.rejected,
        )
        feeds.record(
            session,
            feed.id,
            last_result=report.message,
            failures=0,
            entry_count=report.entries,
            fetched_at=now,
            succeeded_at=now,
        )
    return report


def _sentence(parsed: ParsedFeed, kept: articles.UpsertCounts, old: int) -> str:
    if not parsed.entries and not parsed.rejected:
        return f"{parsed.kind} without entries. {parsed.note}".strip()
    parts = [f"{parsed.kind}: {kept.new} new"]
    parts += [f"{kept.updated} updated"] if kept.updated else []
    parts += [f"{old} too old to be news"] if old else []
    parts += [f"{len(parsed.rejected)} refused"] if parsed.rejected else []
    return f"{', '.join(parts)}. {parsed.note}".strip()
