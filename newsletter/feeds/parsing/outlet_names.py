"""What to call a feed's outlet and section, from its title and addresses."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from urllib.parse import urlsplit

from newsletter.feeds.parsing.parsed_feed import ParsedFeed

# Path segments that name software or a list of everything, never a section of news.
_NO_SECTION = re.compile(
    r"(?:rss|atom|feeds?|xml|index|all|news|home|homepage|services|nyt|id|lk|topstories|www|en|english"
    r"|international|top|stories|default|public|main|latest|wp|v\d|json|posts|\d+)",
    re.I,
)
_ENDING = re.compile(r"\.(?:rss|xml|atom|rdf|json|html?|php|cms|aspx)$", re.I)
_SEPARATORS = re.compile(r"\s+[|>·•»-]\s+|\s+[–—]\s+")


def outlet_name(feed: ParsedFeed, *, url: str) -> str:
    """The name a reader knows the source by: well-known hosts first, else the feed's title."""
    first = feed.entries[0].url if feed.entries else ""
    addresses = (feed.title if _is_url(feed.title) else "", url, first)
    for address in addresses:
        if name := _known(urlsplit(address).hostname or ""):
            return name
    if feed.title and not _is_url(feed.title):
        return _SEPARATORS.split(feed.title)[0].strip()
    host = urlsplit(first or url).hostname or ""
    return host.removeprefix("www.") or "unknown"


def section_name(feed: ParsedFeed, *, url: str) -> str:
    """The section that the feed's address names, such as "World; Middle East", or ""."""
    address = feed.title if _is_url(feed.title) else feed.url or url
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return ""
    segments = [_ENDING.sub("", segment) for segment in parts.path.split("/")]
    named = [re.sub(r"[-_+]|%20", " ", one).strip() for one in segments]
    kept = [one for one in named if one and not _NO_SECTION.fullmatch(one) and len(one) < 30]  # noqa: PLR2004  # longer ones are slugs
    return "; ".join(one if one[0].isupper() else one.title() for one in kept)


def _known(host: str) -> str:
    labels = host.split(".")
    for start in range(len(labels) - 1):
        if name := _outlets().get(".".join(labels[start:])):
            return name
    return ""


@cache
def _outlets() -> Mapping[str, str]:
    text = files("newsletter.feeds.parsing").joinpath("outlets.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))
