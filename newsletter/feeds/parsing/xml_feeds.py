"""RSS 0.9x, 1.0 and 2.0, RDF and Atom: the only module that knows feedparser."""

import calendar
import io
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.sax import SAXParseException

import feedparser
from feedparser.encodings import convert_to_utf8

from newsletter.domain.articles.article import Entry, Image
from newsletter.domain.text.clean import clean_line
from newsletter.errors import FeedUnusableError
from newsletter.feeds.parsing.entry_builder import RawEntry, build_entry
from newsletter.feeds.parsing.parsed_feed import ParsedFeed, RejectedEntry
from newsletter.feeds.parsing.sanitise import find_images, parse_pixels, plain_text
from newsletter.feeds.parsing.xml_guard import guard_xml

_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)\b", re.I)
MAX_TAGS = 300_000  # Ten seconds of parsing; ten thousand entries have two thirds of it.
MAX_TAGS_OF_ENTRY = 10_000  # feedparser takes the square of an entry's categories.
_NAMES = {"rss": "RSS", "atom": "Atom", "cdf": "CDF"}


def parse_xml_feed(body: bytes, *, content_type: str, url: str) -> ParsedFeed:
    """Return the feed in body; url is where it was found.

    Raises FeedUnusableError when it is no feed, or one that plays tricks with entities.
    """
    result = _parse_guarded(body, content_type or "application/xml", url)
    if not result.version and not result.entries:
        raise FeedUnusableError(f"It is neither RSS, RDF, Atom nor JSON{_fault_in_words(result)}.")
    base = result.feed.get("link") or url
    built = [
        build_entry(_raw_entry(entry), base=base, position=position)
        for position, entry in enumerate(result.entries)
    ]
    return ParsedFeed(
        kind=_kind(result.version),
        title=clean_line(result.feed.get("title", ""), max_chars=200),
        language=clean_line(result.feed.get("language", ""), max_chars=35),
        url=_own_address(result.feed),
        entries=tuple(entry for entry in built if isinstance(entry, Entry)),
        rejected=tuple(entry for entry in built if isinstance(entry, RejectedEntry)),
        note=f"It is not well-formed{_fault_in_words(result)}."
        if result.bozo and not _is_harmless_fault(result)
        else "",
    )


def _parse_guarded(body: bytes, content_type: str, url: str) -> Any:
    """Return what feedparser finds in the body once its entities are out of it."""
    decoded: dict[str, Any] = {}
    bare = body.lstrip()  # of UTF-16 half a line break would be taken
    body = bare if bare[:1] == b"<" and bare[1:2] != b"\0" else body
    # What feedparser itself would make of the charset, so that the guard sees what it will parse.
    try:
        text = convert_to_utf8({"content-type": content_type}, body, decoded)
    except UnicodeError as error:  # a charset of Python's own, such as unicode_escape
        raise FeedUnusableError("It is not in the charset that it names.") from error
    if not decoded["encoding"]:  # it fits no charset at all
        text = text.decode(errors="replace").encode()
    text = guard_xml(text)
    _refuse_too_many_tags(text)
    media_type = content_type.partition(";")[0]
    headers = {"content-type": f"{media_type}; charset=utf-8", "content-location": url}
    # A stream, because feedparser would open a string that names a file.
    result = feedparser.parse(
        io.BytesIO(text), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not result.bozo and decoded.get("bozo"):
        result.update(bozo=True, bozo_exception=decoded["bozo_exception"])
    return result


def _refuse_too_many_tags(text: bytes) -> None:
    if text.count(b"<") > MAX_TAGS or any(
        part.count(b"<") > MAX_TAGS_OF_ENTRY for part in _ENTRY.split(text)
    ):
        raise FeedUnusableError("It has more tags than any feed needs; refused.")


def _raw_entry(entry: Any) -> RawEntry:
    contents, caption = _contents(entry)
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
        images=_images(entry, contents, caption),
        published_at=_moment(dated.get("published_parsed") or dated.get("updated_parsed")),
        updated_at=_moment(dated.get("updated_parsed")),
        guid=entry.get("id", ""),
    )


def _contents(entry: Any) -> tuple[list[str], str]:
    """Return the entry's texts, and the caption of its image.

    feedparser puts media:description among the texts, as plain text.
    """
    listed = entry.get("content", ())
    has_media = "media_content" in entry or "media_thumbnail" in entry
    captions = [text for text in listed if has_media and text.get("type") == "text/plain"]
    texts = [text.get("value", "") for text in listed if text not in captions]
    return texts, captions[0].get("value", "") if captions else ""


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


def _images(entry: Any, contents: Iterable[str], caption: str) -> Iterator[Image]:
    """Yield the images that the entry offers, the largest first; then those in its text."""
    credit = next((str(media.get("content", "")) for media in entry.get("media_credit", ())), "")
    for image in sorted(_offered_images(entry), key=lambda image: image.width or 0, reverse=True):
        yield replace(
            image,
            caption=clean_line(plain_text(caption).replace("\n", " "), max_chars=300),
            credit=clean_line(credit, max_chars=120),
        )
    for markup in (*contents, entry.get("summary", "")):
        yield from find_images(markup)


def _offered_images(entry: Any) -> Iterator[Image]:
    for media in (*entry.get("media_content", ()), *entry.get("media_thumbnail", ())):
        kind = f"{media.get('medium', '')} {media.get('type', '')}"
        if media.get("url") and ("image" in kind or not kind.strip()):
            yield Image(
                url=media["url"],
                width=parse_pixels(media.get("width")),
                height=parse_pixels(media.get("height")),
            )
    for link in entry.get("links", ()):
        if link.get("rel") == "enclosure" and str(link.get("type", "")).startswith("image/"):
            yield Image(url=link.get("href", ""))


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


def _is_harmless_fault(result: Any) -> bool:
    # feedparser also complains when a charset differs from the header's, which hurts nobody.
    return isinstance(result.get("bozo_exception"), feedparser.CharacterEncodingOverride)


def _fault_in_words(result: Any) -> str:
    """Return what feedparser says of a broken document, as " (line 7: mismatched tag)"; or ""."""
    error = result.get("bozo_exception")
    if isinstance(error, SAXParseException):
        return f" (line {error.getLineNumber()}: {error.getMessage()})"
    message = clean_line(str(error), max_chars=120) if error else ""
    return f" ({message})" if message else ""
