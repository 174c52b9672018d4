"""Entries as feeds give them, and the articles we keep of them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

# What newsrooms and social sites append to count visits; none of it changes the page.
_TRACKING = re.compile(
    r"(?:utm_|at_|pk_|mtm_|ns_|mc_|ga_|hsa_|itm_|guce_|wt\.).*|.*clid"
    r"|ito|cmp|cmpid|ocid|igshid|smid|smtyp|partner|emc|traffic_source|ref|ref_src|referrer|rss"
    r"|xtor|ftag|feedtype|feedname|sref|spm|outputtype|amp|amp_js_v|usqp|_ga|guccounter",
    re.IGNORECASE,
)
_SAME_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=.+\.)")
_SAME_PATH = re.compile(r"(?:/amp|\.amp|/index\.(?:html?|php))$", re.IGNORECASE)
_OLDEST = datetime(
    1990, 1, 1, tzinfo=UTC
)  # Before the web; such a date is a zero or a typing error.
_CLOCKS_DIFFER_BY = timedelta(minutes=10)


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
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~")
    path = _SAME_PATH.sub("", path.rstrip("/")).removeprefix("/amp")
    pairs = sorted(parse_qsl(_query(parts.query), keep_blank_values=True))
    return f"{host}{port}{path.rstrip('/')}" + (f"?{urlencode(pairs)}" if pairs else "")


def fingerprint(entry: Entry) -> str:
    """A digest of what a reader would see; another one means that the article was updated."""
    seen = f"{entry.title}\0{entry.summary}\0{entry.text}"
    return hashlib.sha256(seen.encode()).hexdigest()


def published(entry: Entry, *, collected_at: datetime) -> datetime:
    """When it counts as published: its own date, or now if that is missing or impossible."""
    date = entry.published_at
    if date is None or date < _OLDEST or date > collected_at + _CLOCKS_DIFFER_BY:
        return collected_at
    return date


def _query(query: str) -> str:
    pairs = query.split("&") if query else []
    return "&".join(pair for pair in pairs if not _TRACKING.fullmatch(pair.split("=", 1)[0]))
