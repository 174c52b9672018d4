"""RSS 0.9x, 1.0 and 2.0, RDF and Atom: the only module that knows feedparser."""

import calendar
import io
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import feedparser

from newsletter.domain.article import Entry, Image
from newsletter.domain.text import one_line
from newsletter.errors import FeedUnusableError
from newsletter.feeds.build import RawEntry, build
from newsletter.feeds.values import ParsedFeed, Refused

_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?\S+\s+(SYSTEM|PUBLIC|\"[^\"]*\"|'[^']*')", re.I)
_NAMES = {"rss": "RSS", "atom": "Atom", "cdf": "CDF"}
_FIRST_IMAGE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']([^\"']+)[\"'][^>]*>", re.I)
_ALT = re.compile(r"\balt\s*=\s*[\"']([^\"']*)[\"']", re.I)
_SIZE = re.compile(r"\b(width|height)\s*=\s*[\"']?(\d{1,5})", re.I)


def parse(body: bytes, *, content_type: str, url: str) -> ParsedFeed:
    """The feed in body; url is where it was found.

    Raises FeedUnusableError when it is no feed, or one that plays tricks with entities.
    """
    _refuse_entities(body)
    headers = {"content-type": content_type or "application/xml", "content-location": url}
    # A stream, because feedparser would open a string that names a file.
    found = feedparser.parse(io.BytesIO(body), response_headers=headers)
    if not found.version and not found.entries:
        raise FeedUnusableError(f"It is neither RSS, RDF, Atom nor JSON{_trouble(found)}.")
    base = found.feed.get("link") or url
    built = [
        build(_raw(entry), base=base, position=position)
        for position, entry in enumerate(found.entries)
    ]
    return ParsedFeed(
        kind=_kind(found.version),
        title=one_line(found.feed.get("title", ""), max_chars=200),
        language=one_line(found.feed.get("language", ""), max_chars=35),
        url=_own_address(found.feed),
        entries=tuple(entry for entry in built if isinstance(entry, Entry)),
        refused=tuple(entry for entry in built if isinstance(entry, Refused)),
        note=f"It is not well-formed{_trouble(found)}."
        if found.bozo and not _is_harmless(found)
        else "",
    )


def _refuse_entities(body: bytes) -> None:
    for match in _ENTITY.finditer(body.replace(b"\0", b"")):
        is_parameter, value = match.groups()
        if is_parameter or value[:1] not in b"\"'" or re.search(rb"&\w", value):
            raise FeedUnusableError(
                "It declares entities that pull in other files or grow without end; refused."
            )


def _raw(entry: Any) -> RawEntry:
    contents = [content.get("value", "") for content in entry.get("content", ())]
    dated = dict(entry)  # feedparser's own mapping gives the one date for the other, and warns
    return RawEntry(
        url=entry.get("link", "") or (entry.get("id", "") if entry.get("guidislink") else ""),
        title_html=entry.get("title", ""),
        summary_html=entry.get("summary", ""),
        content_html=max(contents, key=len, default=""),
        authors=_authors(entry),
        sections=[tag.get("term") or tag.get("label") or "" for tag in entry.get("tags", ())],
        language=entry.get("language", "")
        or (entry.get("title_detail") or {}).get("language")
        or "",
        image=_image(entry, contents),
        published_at=_moment(dated.get("published_parsed") or dated.get("updated_parsed")),
        updated_at=_moment(dated.get("updated_parsed")),
        guid=entry.get("id", ""),
    )


def _authors(entry: Any) -> list[str]:
    names = [author.get("name", "") for author in entry.get("authors", ())]
    return [name for name in names if name] or [entry.get("author", "")]


def _moment(parsed: time.struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _image(entry: Any, contents: Iterable[str]) -> Image | None:
    """The largest image the entry offers, with what is said of it."""
    credit = next((str(one.get("content", "")) for one in entry.get("media_credit", ())), "")
    found = sorted(_offered(entry), key=lambda image: image.width or 0, reverse=True)
    for markup in (*contents, entry.get("summary", "")):
        if found:
            break
        found = list(_inline(markup))
    if not found:
        return None
    best = found[0]
    return Image(
        url=best.url,
        width=best.width,
        height=best.height,
        alt=best.alt,
        caption=one_line(entry.get("media_description", "") or "", max_chars=300)
        if isinstance(entry.get("media_description"), str)
        else "",
        credit=one_line(credit, max_chars=120),
    )


def _offered(entry: Any) -> Iterator[Image]:
    for one in (*entry.get("media_content", ()), *entry.get("media_thumbnail", ())):
        kind = f"{one.get('medium', '')} {one.get('type', '')}"
        if one.get("url") and ("image" in kind or not kind.strip()):
            yield Image(url=one["url"], width=_number(one, "width"), height=_number(one, "height"))
    for link in entry.get("links", ()):
        if link.get("rel") == "enclosure" and str(link.get("type", "")).startswith("image/"):
            yield Image(url=link.get("href", ""))


def _inline(markup: str) -> Iterator[Image]:
    for match in _FIRST_IMAGE.finditer(markup):
        sizes = {name.lower(): int(value) for name, value in _SIZE.findall(match[0])}
        alt = _ALT.search(match[0])
        yield Image(
            url=match[1],
            width=sizes.get("width"),
            height=sizes.get("height"),
            alt=one_line(alt[1] if alt else "", max_chars=300),
        )


def _number(fields: Any, name: str) -> int | None:
    value = str(fields.get(name, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else None  # noqa: PLR2004  # pixels


def _kind(version: str) -> str:
    name = re.match(r"[a-z]+", version or "")
    return f"{_NAMES.get(name[0], name[0]) if name else 'XML'} {_digits(version)}".strip()


def _digits(version: str) -> str:
    digits = re.sub(r"\D", "", version or "")
    return f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits


def _own_address(feed: Any) -> str:
    for link in feed.get("links", ()):
        if link.get("rel") == "self" and str(link.get("href", "")).startswith("http"):
            return str(link["href"])
    return ""


def _is_harmless(found: Any) -> bool:
    # feedparser also complains when a charset differs from the header's, which hurts nobody.
    return isinstance(found.get("bozo_exception"), feedparser.CharacterEncodingOverride)


def _trouble(found: Any) -> str:
    error = found.get("bozo_exception")
    said = one_line(str(error), max_chars=120) if error else ""
    return f" ({said})" if said else ""
