"""Collect: read the feeds that are due, store their articles, and record how each went."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.articles.article import is_stale
from newsletter.domain.feed import Feed, UpsertCounts
from newsletter.errors import FeedError
from newsletter.feeds.fetching.fetch import FetchedDocument, Fetcher, RefusedByServerError
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.feeds.pages.article_page import read_page
from newsletter.feeds.parsing.detect import WebPageError, parse_document
from newsletter.feeds.parsing.parsed_feed import ParsedFeed, RejectedEntry
from newsletter.store import Session, Store
from newsletter.store.collection import articles, feeds
from newsletter.store.collection.feeds import ReadingOutcome

_log = logging.getLogger(__name__)

# A newsroom publishes some ten articles an hour; to ask more often is impolite.
POLL_INTERVAL = timedelta(minutes=15)
# The beat asks each minute: a feed that waits longer was missed.
OVERDUE_AFTER = timedelta(minutes=5)
# A feed that was down for a week is read again within half a day.
MAX_POLL_INTERVAL = timedelta(hours=12)
MAX_DOUBLINGS = 10  # Of the interval, after as many failures; the maximum comes long before.
MAX_PARALLEL = 8  # Fetching is waiting; eight feeds at once read a hundred within a minute.


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """How reading one feed went. message is the sentence on its row; old counts stale entries."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a feed gave: an error, or its entries; neither when nothing has changed.

    document is what its server sent; None when there was none, or the feed stands in a file.
    """

    parsed: ParsedFeed | None = None
    error: FeedError | None = None
    document: FetchedDocument | None = None


def collect(
    store: Store, policy: FetchPolicy, *, now: datetime, progress: Progress = lambda _: None
) -> tuple[FeedReport, ...]:
    """Read every feed that is due at now; one feed's failure is its own.

    Return the reports in the order in which the feeds answered; progress gets each as it comes.
    """
    with store.begin() as session:
        due = feeds.list_due(session, now=now)
    return _read_feeds(store, policy, due, now, progress)


def collect_behind(
    store: Store, policy: FetchPolicy, *, now: datetime, overdue: timedelta = OVERDUE_AFTER
) -> tuple[FeedReport, ...]:
    """Read the feeds that were never read, and those that are due for longer than overdue.

    Composing does so first: an evening is not decided on feeds that nobody has read.
    """
    with store.begin() as session:
        behind = feeds.list_overdue(session, now=now, overdue=overdue)
    return _read_feeds(store, policy, behind, now, lambda _: None)


def _read_feeds(
    store: Store, policy: FetchPolicy, due: Sequence[Feed], now: datetime, progress: Progress
) -> tuple[FeedReport, ...]:
    """Read these feeds, several at once; store what each gave as soon as it is there."""
    if not due:
        return ()
    fetcher, reports = Fetcher(policy), []
    with ThreadPoolExecutor(MAX_PARALLEL) as pool:
        pending = {pool.submit(_read_feed, fetcher, feed): feed for feed in due}
        for reading in as_completed(pending):
            report = store_reading(store, pending[reading], reading.result(), now=now)
            progress(report)
            reports.append(report)
    return tuple(reports)


def _read_feed(fetcher: Fetcher, feed: Feed) -> Reading:
    try:
        document = fetcher.fetch(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        parsed = None if document.is_unchanged else parse_feed_or_page(document)
        return Reading(parsed=parsed, document=document)
    except FeedError as error:
        return Reading(error=error)


def parse_feed_or_page(document: FetchedDocument) -> ParsedFeed:
    """Return the feed in the document, or a feed of one entry when it is an article's page.

    Raises FeedUnusableError when it is neither.
    """
    try:
        return parse_document(document.body, content_type=document.content_type, url=document.url)
    except WebPageError:
        entry = read_page(document.body, url=document.url, content_type=document.content_type)
        return ParsedFeed(kind="page", language=entry.language, entries=(entry,))


def store_reading(store: Store, feed: Feed, reading: Reading, *, now: datetime) -> FeedReport:
    """Store what a reading gave and record on the feed's row how it went, in one transaction.

    When its articles cannot be stored, for whatever reason, the reading counts as failed: one
    feed's trouble must not end the round of all.
    """
    try:
        with store.begin() as session:
            return _store_reading(session, feed, reading, now)
    except Exception as error:  # noqa: BLE001  # unforeseen ones too, see above
        _log.exception("The articles of %s could not be stored", feed.url)
        failure = FeedError(f"Its articles could not be kept ({type(error).__name__}).")
    with store.begin() as session:
        return _store_reading(session, feed, Reading(error=failure), now)


def _store_reading(session: Session, feed: Feed, reading: Reading, now: datetime) -> FeedReport:
    if reading.error is not None:
        report, outcome = _failed(feed, reading.error, now)
    elif reading.parsed is None:
        report, outcome = _unchanged(feed, now)
    else:
        report, outcome = _store_entries(session, feed, reading, now=now)
    outcome["last_result"], outcome["fetched_at"] = report.message, now
    feeds.record(session, feed.id, **outcome)
    return report


def _failed(feed: Feed, error: FeedError, now: datetime) -> tuple[FeedReport, ReadingOutcome]:
    """Return the report, and when to try again: later after each failure, or as the server asks."""
    failures = feed.failures + 1
    pause = min(POLL_INTERVAL * 2 ** min(failures, MAX_DOUBLINGS), MAX_POLL_INTERVAL)
    asked = error.wait if isinstance(error, RefusedByServerError) else None
    report = FeedReport(url=feed.url, source=feed.source, is_ok=False, message=str(error))
    return report, {"failures": failures, "due_at": now + max(pause, asked or timedelta(0))}


def _unchanged(feed: Feed, now: datetime) -> tuple[FeedReport, ReadingOutcome]:
    report = FeedReport(
        url=feed.url,
        source=feed.source,
        is_ok=True,
        message="Nothing new since the last time.",
        unchanged=feed.entry_count,
    )
    return report, {"failures": 0, "succeeded_at": now, "due_at": now + POLL_INTERVAL}


def _store_entries(
    session: Session, feed: Feed, reading: Reading, *, now: datetime
) -> tuple[FeedReport, ReadingOutcome]:
    parsed = reading.parsed
    assert parsed is not None
    counts = articles.upsert_entries(session, feed, parsed.entries, now=now)
    old = sum(is_stale(entry, collected_at=now) for entry in parsed.entries)
    report = FeedReport(
        url=feed.url,
        source=feed.source,
        is_ok=True,
        message=_summary(parsed, counts, old),
        entries=len(parsed.entries) + len(parsed.rejected),
        new=counts.new,
        updated=counts.updated,
        unchanged=counts.unchanged,
        old=old,
        refused=parsed.rejected,
    )
    outcome: ReadingOutcome = {"failures": 0, "succeeded_at": now, "entry_count": report.entries}
    if document := reading.document:
        outcome["etag"], outcome["last_modified"] = document.etag, document.last_modified
        outcome["due_at"] = now + POLL_INTERVAL
    return report, outcome


def _summary(parsed: ParsedFeed, counts: UpsertCounts, old: int) -> str:
    """Return what the document contained, as the sentence on the feed's row."""
    if not parsed.entries and not parsed.rejected:
        return f"{parsed.kind} without entries. {parsed.note}".strip()
    parts = [f"{parsed.kind}: {counts.new} new"]
    parts += [f"{counts.updated} updated"] if counts.updated else []
    parts += [f"{old} too old to be news"] if old else []
    parts += [f"{len(parsed.rejected)} refused"] if parsed.rejected else []
    return f"{', '.join(parts)}. {parsed.note}".strip()
