"""One Entry out of the fields that every format has, or a reason why not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.articles.article import Entry, Image
from newsletter.domain.articles.images import pick_photo
from newsletter.domain.articles.url_identity import url_identity
from newsletter.domain.text.clean import clean_line, clean_paragraphs
from newsletter.feeds.fetching.urls import web_url
from newsletter.feeds.parsing.parsed_feed import RejectedEntry
from newsletter.feeds.parsing.sanitise import MAX_TEXT_CHARS, plain_text, safe_html

MAX_KEY_CHARS = 2_000  # PostgreSQL indexes up to 2,704 bytes, and no browser needs more.


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """The fields of an entry as they stand in the document, HTML where the format says so.

    images are those on offer, the best one first.
    """

    url: str
    title_html: str
    summary_html: str = ""
    content_html: str = ""
    authors: Iterable[str] = ()
    sections: Iterable[str] = ()
    language: str = ""
    images: Iterable[Image] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    guid: str = ""


def build_entry(raw: RawEntry, *, base: str, position: int) -> Entry | RejectedEntry:
    """Return the entry, cleaned; base is the address that relative links start from."""
    title = clean_line(plain_text(raw.title_html).replace("\n", " "))
    url = web_url(raw.url, base=base)
    if not url:
        return RejectedEntry(
            subject=title or f"entry {position + 1}", reason="It has no link to an article."
        )
    summary = plain_text(raw.summary_html)
    text = plain_text(raw.content_html)
    if not title:
        return RejectedEntry(subject=url, reason="It has no title.")
    if len(url_identity(url)) > MAX_KEY_CHARS:
        return RejectedEntry(subject=title, reason="Its address is too long.")
    return Entry(
        url=url,
        title=title,
        summary=clean_paragraphs(summary, max_chars=MAX_TEXT_CHARS),
        html=safe_html(raw.content_html or raw.summary_html, base=url),
        text=text,
        authors=_lines(raw.authors),
        sections=_lines(raw.sections),
        language=clean_line(raw.language, max_chars=35),
        image=_photo(raw.images, base=url),
        published_at=raw.published_at,
        updated_at=raw.updated_at,
        guid=clean_line(raw.guid),
        position=position,
    )


def _photo(images: Iterable[Image], *, base: str) -> Image | None:
    """Return the article's photo, of those with a web address: inlined data does not count."""
    return pick_photo(
        replace(image, url=url) for image in images if (url := web_url(image.url, base=base))
    )


def _lines(values: Iterable[str]) -> tuple[str, ...]:
    cleaned = (clean_line(plain_text(value).replace("\n", " "), max_chars=120) for value in values)
    return tuple(dict.fromkeys(value for value in cleaned if value))[:20]
