"""Entries as feeds give them, and the articles we keep of them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

_DAY_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/-])")
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)  # Before the web: such a date is a zero or a mistake.
AGE_LIMIT = timedelta(hours=48)  # What is older when first seen is stored, but is no news any more.


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A lead image. width and height are pixels, None when the source does not say."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed or page contained about one article, cleaned but not yet judged.

    title, summary and text are plain text without control characters; html is sanitised. position
    counts from 0 at the top of the feed: where the newsroom put it.
    """

    url: str
    title: str
    summary: str = ""
    html: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    language: str = ""
    image: Image | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    guid: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What we kept of an entry: one article for each address, however it is written.

    source is the outlet's name and weight its feed's standing (1.0 is usual). section is what the
    source itself declares, the feed's or the entry's, and may be empty.
    """

    id: int
    url: str
    title: str
    source: str
    published_at: datetime
    collected_at: datetime
    updated_at: datetime | None = None
    summary: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    section: str = ""
    language: str = ""
    image: Image | None = None
    position: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedArticle:
    """An article of an earlier edition, with that edition's date and the end of its window."""

    article: Article
    on: date
    closes_at: datetime


def fingerprint(entry: Entry) -> str:
    """Return a hash of what a reader would see; another one means that it was updated."""
    seen = f"{entry.title}\0{entry.summary}\0{entry.text}"
    return hashlib.sha256(seen.encode()).hexdigest()


def publication_time(entry: Entry, *, collected_at: datetime) -> datetime:
    """Return when it counts as published, never after collected_at.

    Its own date; without one, or with one before the web, the day that its address names, as in
    /2026/03/01/. When nothing tells, it was published when it was collected.
    """
    date = entry.published_at
    if date is None or date < _OLDEST:
        date = _day_in_address(entry.url)
        if date is None or collected_at - date < timedelta(days=1):
            return collected_at
    return min(date, collected_at)


def is_stale(entry: Entry, *, collected_at: datetime) -> bool:
    """Return whether it is too old to be news when it is first seen at collected_at."""
    return publication_time(entry, collected_at=collected_at) < collected_at - AGE_LIMIT


def _day_in_address(url: str) -> datetime | None:
    match = _DAY_IN_PATH.search(urlsplit(url).path)
    if not match:
        return None
    year, month, day = map(int, match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
