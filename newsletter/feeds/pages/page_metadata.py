"""What a page says of itself: JSON-LD, meta elements and links."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

from newsletter.domain.articles.article import Image
from newsletter.domain.articles.images import pick_photo
from newsletter.domain.text.clean import clean_line
from newsletter.errors import FeedUnusableError
from newsletter.feeds.fetching.urls import web_url
from newsletter.feeds.parsing.sanitise import parse_pixels

_ARTICLE = re.compile(r"Article|BlogPosting|Report")
_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
}
_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_WORDPRESS = "https://api.w.org/"
_MAX_ITEMS = 50  # Of what a page may list, such as the people in its photo agency.


def decode_page(body: bytes, *, content_type: str = "") -> str:
    """Return the page as text, in the charset that its bytes, the server or the page names."""
    for bom, name in ((codecs.BOM_UTF8, "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(bom):
            return body.decode(name, "replace").removeprefix("\ufeff")
    header = re.search(r"charset\s*=\s*\"?([\w.:-]{2,40})", content_type, re.I)
    meta = _CHARSET.search(body[:4_096])
    named = [header[1]] if header else []
    named += [meta[1].decode()] if meta else []
    for name in (*named, "utf-8"):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    return body.decode("windows-1252" if b"\0" not in body else "utf-8", "replace")


def parse_html(page: str) -> Any:
    """Return the page's elements. Raises FeedUnusableError when there are none."""
    # A declaration of the encoding would contradict text that is decoded already.
    page = re.sub(r"^\s*<\?xml[^<>]{0,200}\?>", "", page).replace("\0", "")
    try:
        return html.document_fromstring(page)
    except (etree.ParserError, etree.LxmlError, ValueError) as error:
        raise FeedUnusableError("The page is empty or broken.") from error


def meta_contents(elements: Any) -> dict[str, str]:
    """Return the meta elements' content by name or property in lower case; the first one counts."""
    metas: dict[str, str] = {}
    for element in elements.iter("meta"):
        name = (element.get("property") or element.get("name") or "").lower()
        if name and element.get("content"):
            metas.setdefault(name, element.get("content"))
    return metas


def linked_article(elements: Any) -> dict[str, Any]:
    """Return the schema.org article in the page's JSON-LD, or nothing."""
    for script in elements.iter("script"):
        if script.get("type") != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(data):
            if _ARTICLE.search(str(node.get("@type", ""))):
                return node
    return {}


def bylines(elements: Any) -> list[str]:
    """Return what the links to an author's page say, as most blogs have them (rel="author")."""
    links = (link for link in elements.iter("a") if link.get("rel") == "author")
    return [str(link.text_content()).strip() for link, _ in zip(links, range(5), strict=False)]


def linked_feeds(body: bytes, *, url: str) -> tuple[str, ...]:
    """Return the addresses of the feeds that the page at url says it has, WordPress's own last."""
    links = [link for link in parse_html(decode_page(body)).iter("link") if link.get("href")]
    named = [link for link in links if link.get("type") in _FEED_TYPES]
    feeds = [
        web_url(link.get("href"), base=url)
        for link in named
        if "alternate" in (link.get("rel") or "").lower().split()
    ]
    rest = [
        web_url("wp/v2/posts?_embed=1", base=web_url(link.get("href"), base=url))
        for link in links
        if link.get("rel") == _WORDPRESS
    ]
    return tuple(dict.fromkeys(address for address in feeds + rest if address))


def canonical_url(elements: Any, *, url: str) -> str:
    """Return the address that the page gives itself, else url."""
    for link in elements.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            own = web_url(link.get("href") or "", base=url)
            # A page that calls itself the home page has a fault in its template.
            if own and urlsplit(own).path.strip("/"):
                return own
    return url


def lead_image(article: dict[str, Any], metas: dict[str, str], *, url: str) -> Image | None:
    """Return the photo of the page, with its alt text, caption and credit; the shared one first."""
    listed = [
        image if isinstance(image, dict) else {"url": image}
        for image in _as_list(article.get("image"))
    ]
    first = listed[0] if listed else {}
    credit = first.get("creditText") or first.get("copyrightNotice") or _name(first.get("creator"))
    described = Image(
        url="",
        alt=clean_line(
            metas.get("og:image:alt") or metas.get("twitter:image:alt") or "", max_chars=300
        ),
        caption=clean_line(str(first.get("caption") or ""), max_chars=300),
        credit=clean_line(str(credit or ""), max_chars=120),
    )
    sizes = (metas.get("og:image:width"), metas.get("og:image:height"))
    offered = [(metas.get("og:image") or metas.get("og:image:url"), *sizes)]
    offered += [
        (each.get("url") or each.get("contentUrl"), each.get("width"), each.get("height"))
        for each in listed
    ]
    return pick_photo(
        replace(described, url=address, width=parse_pixels(width), height=parse_pixels(height))
        for image, width, height in offered
        if (address := web_url(str(image or ""), base=url))
    )


def names_in(value: Any) -> list[str]:
    """Return the names in a schema.org value: a text, a person, or a list of them."""
    return [name for name in map(_name, _as_list(value)) if name]


def parse_moment(text: Any) -> datetime | None:
    """Return a date in ISO 8601 as UTC; None when it is none."""
    try:
        date = datetime.fromisoformat(str(text).strip())
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    for node in _as_list(data):
        if isinstance(node, dict):
            yield node
            yield from (inner for inner in _as_list(node.get("@graph")) if isinstance(inner, dict))


def _as_list(value: Any) -> list[Any]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed[:_MAX_ITEMS] if item]


def _name(value: Any) -> str:
    name = value.get("name", "") if isinstance(value, dict) else value
    return ", ".join(map(str, name)) if isinstance(name, list) else str(name or "")
