"""What to call a feed's outlet and section, from its title and addresses."""

import re
from functools import cache
from urllib.parse import urlsplit

from newsletter.feeds.parsing.parsed_feed import ParsedFeed
from newsletter.lexicon import read_lexicon, read_words

_VERSION = re.compile(r"v\d|\d+")  # As in /v2/feed.
MAX_SECTION_CHARS = 29  # Longer ones are the slugs of articles.
_ENDING = re.compile(r"\.(?:rss|xml|atom|rdf|json|html?|php|cms|aspx)$", re.I)
_SEPARATORS = re.compile(r"\s+[|>·•»-]\s+|\s+[–—]\s+")


def outlet_name(feed: ParsedFeed, *, url: str) -> str:
    """Return the name a reader knows the source by: of well-known hosts, else the feed's title."""
    first = feed.entries[0].url if feed.entries else ""
    addresses = (feed.title if _is_url(feed.title) else "", url, first)
    for address in addresses:
        if name := _known_outlet(urlsplit(address).hostname or ""):
            return name
    if feed.title and not _is_url(feed.title):
        return _SEPARATORS.split(feed.title)[0].strip()
    host = urlsplit(first or url).hostname or ""
    return host.removeprefix("www.") or "unknown"


def section_name(feed: ParsedFeed, *, url: str) -> str:
    """Return the section that the feed's address names, such as "World; Middle East", or ""."""
    address = feed.title if _is_url(feed.title) else feed.url or url
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return ""
    segments = [_ENDING.sub("", segment) for segment in parts.path.split("/")]
    names = [re.sub(r"[-_+]|%20", " ", segment).strip() for segment in segments]
    sections = [name for name in names if _is_section(name)]
    return "; ".join(name if name[0].isupper() else name.title() for name in sections)


def _is_section(name: str) -> bool:
    is_other = name.casefold() in _no_section() or _VERSION.fullmatch(name.casefold())
    return bool(name) and not is_other and len(name) <= MAX_SECTION_CHARS


@cache
def _no_section() -> frozenset[str]:
    return frozenset(read_words("outlets", "no_section"))


def _known_outlet(host: str) -> str:
    """Return the outlet of the host, or of a host above it; "" when none is known."""
    hosts: dict[str, str] = read_lexicon("outlets")["hosts"]
    labels = host.split(".")
    for start in range(len(labels) - 1):
        if name := hosts.get(".".join(labels[start:])):
            return name
    return ""


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))
