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
from newsletter.feeds.parsing.sanitise import pixels

_ARTICLE = re.compile(r"Article|BlogPosting|Report")
_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
}
_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_WORDPRESS = "https://api.w.org/"
_MOST_ITEMS = 50  # Of what a page may list, such as the people in its photo agency.


def decoded(body: bytes, *, content_type: str = "") -> str:
    """The page as text, in the charset that its bytes, the server or the page names."""
    for bom, name in ((codecs.BOM_UTF8, "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(bom):
            return body.decode(name, "replace").removeprefix("\ufeff")
    said = re.search(r"charset\s*=\s*\"?([\w.:-]{2,40})", content_type, re.I)
    meta = _CHARSET.search(body[:4_096])
    named = [said[1]] if said else []
    named += [meta[1].decode()] if meta else []
    for name in (*named, "utf-8"):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    return body.decode("windows-1252" if b"\0" not in body else "utf-8", "replace")


def tree(page: str) -> Any:
    """The page's elements. Raises FeedUnusableError when there are none."""
    # A declaration of the encoding would contradict text that is decoded already.
    page = re.sub(r"^\s*<\?xml[^<>]{0,200}\?>", "", page).replace("\0", "")
    try:
        return html.document_fromstring(page)
    except (etree.ParserError, etree.LxmlError, ValueError) as error:
        raise FeedUnusableError("The page is empty or broken.") from error


def meta(elements: Any) -> dict[str, str]:
    """The meta elements' content by name or property in lower case; the first one counts."""
    found: dict[str, str] = {}
    for one in elements.iter("meta"):
        name = (one.get("property") or one.get("name") or "").lower()
        if name and one.get("content"):
            found.setdefault(name, one.get("content"))
    return found


def linked_article(elements: Any) -> dict[str, Any]:
    """The schema.org article in the page's JSON-LD, or nothing."""
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
    """What the links to an author's page say, as most blogs have them (rel="author")."""
    links = (link for link in elements.iter("a") if link.get("rel") == "author")
    return [str(link.text_content()).strip() for link, _ in zip(links, range(5), strict=False)]


def linked_feeds(body: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds that the page at url says it has, WordPress's own last."""
    links = [link for link in tree(decoded(body)).iter("link") if link.get("href")]
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


def canonical(elements: Any, *, url: str) -> str:
    """The address that the page gives itself, else url."""
    for link in elements.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            own = web_url(link.get("href") or "", base=url)
            # A page that calls itself the home page has a fault in its template.
            if own and urlsplit(own).path.strip("/"):
                return own
    return url


def lead_image(article: dict[str, Any], said: dict[str, str], *, url: str) -> Image | None:
    """The photo that stands for the page, with what is said of it; the one it shares first."""
    listed = [one if isinstance(one, dict) else {"url": one} for one in _all(article.get("image"))]
    first = listed[0] if listed else {}
    credit = first.get("creditText") or first.get("copyrightNotice") or _name(first.get("creator"))
    told = Image(
        url="",
        alt=clean_line(
            said.get("og:image:alt") or said.get("twitter:image:alt") or "", max_chars=300
        ),
        caption=clean_line(str(first.get("caption") or ""), max_chars=300),
        credit=clean_line(str(credit or ""), max_chars=120),
    )
    sizes = (said.get("og:image:width"), said.get("og:image:height"))
    offered = [(said.get("og:image") or said.get("og:image:url"), *sizes)]
    offered += [
        (one.get("url") or one.get("contentUrl"), one.get("width"), one.get("height"))
        for one in listed
    ]
    return pick_photo(
        replace(told, url=address, width=pixels(width), height=pixels(height))
        for image, width, height in offered
        if (address := web_url(str(image or ""), base=url))
    )


def names(said: Any) -> list[str]:
    """The names in a schema.org value: a text, a person, or a list of them."""
    return [name for name in map(_name, _all(said)) if name]


def moment(text: Any) -> datetime | None:
    """A date in ISO 8601 as UTC; None when it is none."""
    try:
        found = datetime.fromisoformat(str(text).strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    for one in _all(data):
        if isinstance(one, dict):
            yield one
            yield from (node for node in _all(one.get("@graph")) if isinstance(node, dict))


def _all(said: Any) -> list[Any]:
    listed = said if isinstance(said, list) else [said]
    return [one for one in listed[:_MOST_ITEMS] if one]


def _name(said: Any) -> str:
    name = said.get("name", "") if isinstance(said, dict) else said
    return ", ".join(map(str, name)) if isinstance(name, list) else str(name or "")
