"""One article page: the only module that knows trafilatura."""

import html
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from newsletter.domain.articles.article import Entry
from newsletter.domain.text.clean import clean_line, clean_paragraphs
from newsletter.errors import FeedUnusableError
from newsletter.feeds.pages.page_metadata import (
    bylines,
    canonical_url,
    decode_page,
    lead_image,
    linked_article,
    meta_contents,
    names_in,
    parse_html,
    parse_moment,
)
from newsletter.feeds.parsing.sanitise import MAX_TEXT_CHARS, plain_text, safe_html

# What stands where a name should: an address, a shop sign, a comment form's label.
_NO_NAME = re.compile(
    r"://|^\S+\.\w+$|^(?:name|unknown|admin|author|editor|staff)$|\b(?:says|said)$|^on \w+ \d",
    re.I,
)
_BY = re.compile(r"^(?:by|von|por|par)\s+", re.I)

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every page it cannot read


def read_page(body: bytes, *, url: str, content_type: str = "") -> Entry:
    """Return the article on the page at url.

    Raises FeedUnusableError when no article can be made out.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    page = decode_page(body, content_type=content_type)
    elements = parse_html(page)
    metas, article = meta_contents(elements), linked_article(elements)
    extraction = bare_extraction(page, url=url, with_metadata=True, include_comments=False)
    extracted: dict[str, Any] = extraction.as_dict() if isinstance(extraction, Document) else {}
    title = _first(
        article.get("headline"), metas.get("og:title"), extracted.get("title"), _title(elements)
    )
    is_article = extracted.get("text") or metas.get("og:title") or article
    if not title or not is_article:
        raise FeedUnusableError("It is a web page, and no article can be made out on it.")
    text = clean_paragraphs(str(extracted.get("text") or ""), max_chars=MAX_TEXT_CHARS)
    own = canonical_url(elements, url=url)
    return Entry(
        url=own,
        title=title,
        summary=_first(
            metas.get("og:description"), metas.get("description"), article.get("description")
        ),
        html=safe_html(_marked_up(text), base=own),
        text=text,
        authors=tuple(
            name
            for name in _authors(article, metas, [*bylines(elements), *_guesses(extracted)])
            if name != title
        ),
        sections=tuple(_lines(_sections(article, metas, extracted))),
        language=_first(elements.get("lang"), article.get("inLanguage"), extracted.get("language"))[
            :35
        ],
        image=lead_image(article, metas, url=url),
        published_at=_date(
            article.get("datePublished"), metas.get("article:published_time"), extracted.get("date")
        ),
        updated_at=_date(article.get("dateModified"), metas.get("article:modified_time")),
    )


def _authors(
    article: dict[str, Any], metas: dict[str, str], guesses: Iterable[str]
) -> tuple[str, ...]:
    """Whom the page names: its JSON-LD first, then its meta elements, then what reads like it."""
    meta_author = (
        metas.get("author") or metas.get("article:author") or metas.get("dc.creator") or ""
    )
    for named in (names_in(article.get("author")), [meta_author], guesses):
        if people := tuple(name for name in _lines(named) if not _NO_NAME.search(name)):
            return people
    return ()


def _guesses(extracted: dict[str, Any]) -> list[str]:
    return str(extracted.get("author") or "").split(";")


def _date(*values: Any) -> datetime | None:
    return next((date for date in map(parse_moment, values) if date), None)


def _sections(
    article: dict[str, Any], metas: dict[str, str], extracted: dict[str, Any]
) -> Iterable[str]:
    declared = names_in(article.get("articleSection")) or [metas.get("article:section", "")]
    return declared if any(declared) else names_in(extracted.get("categories"))


def _lines(values: Iterable[str]) -> Iterator[str]:
    cleaned = (clean_line(_BY.sub("", value.strip()), max_chars=120) for value in values)
    yield from dict.fromkeys(value for value in cleaned if value)


def _title(elements: Any) -> str:
    return elements.findtext(".//title") or ""


def _first(*values: Any) -> str:
    cleaned = (clean_line(plain_text(str(value)).replace("\n", " ")) for value in values if value)
    return next((value for value in cleaned if value), "")


def _marked_up(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n") if line)
