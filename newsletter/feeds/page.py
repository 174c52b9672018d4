"""One article page: the only module that knows trafilatura."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree, html

from newsletter.domain.article import Entry, Image
from newsletter.domain.text import one_line, paragraphs
from newsletter.errors import FeedUnusableError
from newsletter.feeds.build import web_url
from newsletter.feeds.sanitise import MAX_TEXT_CHARS, plain, safe_html

_ARTICLES = re.compile(r"Article|BlogPosting|Report")
_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
}

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every page it cannot read


def read_page(body: bytes, *, url: str) -> Entry:
    """The article on the page at url.

    Raises FeedUnusableError when no article can be made out.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    tree = _tree(body)
    found = bare_extraction(body, url=url, with_metadata=True, favor_precision=True)
    fields: dict[str, Any] = found.as_dict() if isinstance(found, Document) else {}
    meta, linked = _meta(tree), next(_linked_articles(tree), {})
    title = _first(linked.get("headline"), meta.get("og:title"), fields.get("title"), _title(tree))
    if not title or not (fields.get("text") or meta.get("og:title") or linked):
        raise FeedUnusableError("No article can be made out on this page.")
    text = paragraphs(str(fields.get("text") or ""), max_chars=MAX_TEXT_CHARS)
    return Entry(
        url=web_url(_canonical(tree) or url, base=url) or url,
        title=title,
        summary=_first(
            meta.get("og:description"), meta.get("description"), linked.get("description")
        ),
        html=safe_html("".join(f"<p>{_escaped(line)}</p>" for line in text.split("\n") if line)),
        text=text,
        authors=_authors(linked, meta, fields),
        sections=_sections(linked, meta, fields),
        language=_first(tree.get("lang"), linked.get("inLanguage"), fields.get("language"))[:35],
        image=_image(linked, meta, url),
        published_at=_published(linked, meta, fields),
        updated_at=_moment(linked.get("dateModified") or meta.get("article:modified_time")),
    )


def linked_feeds(body: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds that the page at url says it has, WordPress's own last."""
    tree = _tree(body)
    feeds = [
        urljoin(url, link.get("href", ""))
        for link in tree.iter("link")
        if link.get("rel") == "alternate" and link.get("type") in _FEED_TYPES
    ]
    rest = [
        urljoin(link.get("href", ""), "wp/v2/posts?_embed=1")
        for link in tree.iter("link")
        if link.get("rel") == "https://api.w.org/"
    ]
    return tuple(dict.fromkeys(feeds + rest))


def _tree(body: bytes) -> Any:
    try:
        return html.document_fromstring(body)
    except (etree.ParserError, etree.LxmlError, ValueError) as error:
        raise FeedUnusableError("The page is empty or broken.") from error


def _meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in tree.iter("meta"):
        name = (one.get("property") or one.get("name") or "").lower()
        if name and one.get("content"):
            found.setdefault(name, one.get("content"))
    return found


def _linked_articles(tree: Any) -> Iterator[dict[str, Any]]:
    """The schema.org articles in the page's JSON-LD."""
    for script in tree.iter("script"):
        if script.get("type") != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for one in _nodes(data):
            if _ARTICLES.search(str(one.get("@type", ""))):
                yield one


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    for one in data if isinstance(data, list) else [data]:
        if isinstance(one, dict):
            yield one
            graph = one.get("@graph")
            yield from (node for node in graph or () if isinstance(node, dict))


def _authors(
    linked: dict[str, Any], meta: dict[str, str], fields: dict[str, Any]
) -> tuple[str, ...]:
    said = linked.get("author") or ()
    named = [
        one.get("name", "") if isinstance(one, dict) else one
        for one in (said if isinstance(said, list) else [said])
    ]
    names = [one_line(str(name), max_chars=120) for name in named if name]
    if not names:
        names = [one_line(name) for name in str(fields.get("author") or "").split(";")]
    if not any(names) and not meta.get("author", "http").startswith("http"):
        names = [one_line(meta["author"], max_chars=120)]
    return tuple(dict.fromkeys(name for name in names if name and "://" not in name))


def _sections(
    linked: dict[str, Any], meta: dict[str, str], fields: dict[str, Any]
) -> tuple[str, ...]:
    said = linked.get("articleSection") or meta.get("article:section") or fields.get("categories")
    values = said if isinstance(said, list) else [said]
    return tuple(one_line(str(value), max_chars=120) for value in values if value)


def _image(linked: dict[str, Any], meta: dict[str, str], url: str) -> Image | None:
    said = linked.get("image")
    said = said[0] if isinstance(said, list) and said else said
    said = said if isinstance(said, dict) else {"url": said} if said else {}
    address = web_url(str(meta.get("og:image") or said.get("url") or ""), base=url)
    if not address:
        return None
    return Image(
        url=address,
        width=_pixels(meta.get("og:image:width") or said.get("width")),
        height=_pixels(meta.get("og:image:height") or said.get("height")),
        alt=one_line(meta.get("og:image:alt", ""), max_chars=300),
        caption=one_line(str(said.get("caption") or ""), max_chars=300),
        credit=one_line(
            str(said.get("creditText") or said.get("copyrightNotice") or ""), max_chars=120
        ),
    )


def _published(
    linked: dict[str, Any], meta: dict[str, str], fields: dict[str, Any]
) -> datetime | None:
    return _moment(
        linked.get("datePublished") or meta.get("article:published_time") or fields.get("date")
    )


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def _canonical(tree: Any) -> str:
    for link in tree.iter("link"):
        if link.get("rel") == "canonical" and link.get("href"):
            return str(link.get("href"))
    return ""


def _title(tree: Any) -> str:
    return tree.findtext(".//title") or ""


def _pixels(value: Any) -> int | None:
    digits = str(value or "").removesuffix("px").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else None  # noqa: PLR2004  # pixels


def _first(*values: Any) -> str:
    cleaned = (one_line(plain(str(value)).replace("\n", " ")) for value in values if value)
    return next((value for value in cleaned if value), "")


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
