"""Entries as feeds give them, and the articles we keep of them."""

from dataclasses import dataclass
from datetime import datetime


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
    """What we kept of an entry. url is canonical: one article for each.

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
