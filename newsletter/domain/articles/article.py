"""Entries as feeds give them, and the articles we keep of them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit, urlunsplit

# What newsrooms and social sites append to count visits; none of it changes the page.
_TRACKING = re.compile(
    r"(?:utm_|at_|pk_|mtm_|ns_|mc_|ga_|hsa_|itm_|guce_|wt\.).*|.*clid"
    r"|ito|itid|cmp|cmpid|ocid|igshid|smid|smtyp|partner|emc|traffic_source|ref|ref_src|referrer"
    r"|rss|xtor|ftag|feedtype|feedname|sref|spm|outputtype|amp|amp_js_v|usqp|_ga|guccounter",
    re.IGNORECASE,
)
_SAME_HOST = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.)")
_AMP_FIRST = re.compile(r"^/amp(?=/)", re.IGNORECASE)
_SAME_PATH = re.compile(r"(?:/amp|\.amp|/index\.(?:html?|php))$", re.IGNORECASE)
_DAY_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/-])")
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)  # Before the web: such a date is a zero or a mistake.
AGE_LIMIT = timedelta(hours=48)  # What is older when first seen is kept, but is no news any more.


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


def reader_url(url: str) -> str:
    """The address for a reader: as the source wrote it, without tracking and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, _query(parts.query), ""))


def url_key(url: str) -> str:
    """What counts as the same address: the same for http and https, AMP, mobile, tracking, slashes.

    url is an absolute web address. The key is not one: it is for comparing only.
    """
    parts = urlsplit(url)
    host = _SAME_HOST.sub("", (parts.hostname or "").removesuffix("."))
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    # Bytes, because not every escaped path is UTF-8, and two that are not must stay two.
    path = quote(unquote_to_bytes(parts.path), safe="/:@!$&'()*+,;=~").rstrip("/")
    path = _SAME_PATH.sub("", _AMP_FIRST.sub("", path)).rstrip("/")
    escaped = quote(_query(parts.query), safe="%=&+;,/?:@!$'()*~")
    pairs = sorted(parse_qsl(escaped, keep_blank_values=True, encoding="latin-1"))
    query = urlencode(pairs, encoding="latin-1")
    return f"{host}{port}{path}" + (f"?{query}" if query else "")


def fingerprint(entry: Entry) -> str:
    """A digest of what a reader would see; another one means that the article was updated."""
    seen = f"{entry.title}\0{entry.summary}\0{entry.text}"
    return hashlib.sha256(seen.encode()).hexdigest()


def published(entry: Entry, *, collected_at: datetime) -> datetime:
    """When it counts as published, never after collected_at.

    Its own date; without one, or with one before the web, the day that its address names, as in
    /2026/03/01/. When nothing tells, it was published when it was collected.
    """
    date = entry.published_at
    if date is None or date < _OLDEST:
        date = _day_in_address(entry.url)
        if date is None or collected_at - date < timedelta(days=1):
            return collected_at
    return min(date, collected_at)


def is_old(entry: Entry, *, collected_at: datetime) -> bool:
    """Whether it is too old to be news when it is first seen at collected_at."""
    return published(entry, collected_at=collected_at) < collected_at - AGE_LIMIT


def _day_in_address(url: str) -> datetime | None:
    found = _DAY_IN_PATH.search(urlsplit(url).path)
    if not found:
        return None
    year, month, day = map(int, found.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _query(query: str) -> str:
    pairs = query.split("&") if query else []
    return "&".join(pair for pair in pairs if not _TRACKING.fullmatch(pair.split("=", 1)[0]))
