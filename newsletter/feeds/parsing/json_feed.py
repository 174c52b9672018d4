"""JSON Feed (jsonfeed.org, 1 and 1.1) and WordPress's REST posts (/wp-json/wp/v2/posts)."""

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from newsletter.domain.articles.article import Entry, Image
from newsletter.domain.text.clean import one_line
from newsletter.errors import FeedUnusableError
from newsletter.feeds.parsing.entry_builder import RawEntry, build
from newsletter.feeds.parsing.parsed_feed import ParsedFeed, Refused
from newsletter.feeds.parsing.sanitise import images, pixels, plain


def parse_json(document: object, *, url: str) -> ParsedFeed:
    """The feed in a JSON document.

    Raises FeedUnusableError when it is neither a JSON Feed nor a list of WordPress posts.
    """
    if isinstance(document, dict) and "jsonfeed.org" in str(document.get("version", "")):
        return _json_feed(document, url)
    if isinstance(document, list) and all(_is_post(one) for one in document):
        return _wordpress(document, url)
    raise FeedUnusableError("It is JSON, but neither a JSON Feed nor a list of WordPress posts.")


def _json_feed(document: dict[str, Any], url: str) -> ParsedFeed:
    return _feed(
        [_json_item(item) for item in _list(document, "items") if isinstance(item, dict)],
        kind="JSON Feed",
        title=_text(document, "title"),
        language=_text(document, "language"),
        base=_text(document, "home_page_url") or url,
        url=_text(document, "feed_url"),
    )


def _json_item(item: dict[str, Any]) -> RawEntry:
    authors = _list(item, "authors") or [item.get("author")]
    words = html.escape(_text(item, "content_text"))
    content = _text(item, "content_html") or words
    image = _text(item, "image") or _text(item, "banner_image")
    return RawEntry(
        url=_text(item, "url") or _text(item, "external_url"),
        title_html=html.escape(_text(item, "title")),
        summary_html=html.escape(_text(item, "summary")) or words,
        content_html=content,
        authors=[_text(author, "name") for author in authors],
        sections=[tag for tag in _list(item, "tags") if isinstance(tag, str)],
        language=_text(item, "language"),
        images=[Image(url=image)] if image else images(content),
        published_at=_moment(_text(item, "date_published")),
        updated_at=_moment(_text(item, "date_modified")),
        guid="" if item.get("id") is None else str(item["id"]),
    )


def _is_post(one: object) -> bool:
    return isinstance(one, dict) and "link" in one and isinstance(one.get("title"), dict)


def _wordpress(posts: list[dict[str, Any]], url: str) -> ParsedFeed:
    return _feed([_post(post) for post in posts], kind="WordPress", base=url)


def _post(post: dict[str, Any]) -> RawEntry:
    embedded = post.get("_embedded")
    terms = [
        term for group in _list(embedded, "wp:term") if isinstance(group, list) for term in group
    ]
    content = _rendered(post, "content")
    return RawEntry(
        # Copies of a site that was moved name its pages from the root; the guid has the host.
        url=urljoin(_rendered(post, "guid"), _text(post, "link")),
        title_html=_rendered(post, "title"),
        summary_html=_rendered(post, "excerpt"),
        content_html=content,
        authors=[_text(author, "name") for author in _list(embedded, "author")],
        sections=[_text(term, "name") for term in terms if _text(term, "taxonomy") == "category"],
        images=[*_featured(embedded), *images(content)],
        # The *_gmt fields are UTC without saying so.
        published_at=_moment(_text(post, "date_gmt") or _text(post, "date")),
        updated_at=_moment(_text(post, "modified_gmt") or _text(post, "modified")),
        guid=_rendered(post, "guid"),
    )


def _featured(embedded: object) -> Iterator[Image]:
    for media in _list(embedded, "wp:featuredmedia"):
        details = media.get("media_details") if isinstance(media, dict) else None
        details = details if isinstance(details, dict) else {}
        if url := _text(media, "source_url"):
            yield Image(
                url=url,
                width=pixels(details.get("width")),
                height=pixels(details.get("height")),
                alt=one_line(_text(media, "alt_text"), max_chars=300),
                caption=one_line(plain(_rendered(media, "caption")), max_chars=300),
                credit=one_line(_text(details.get("image_meta"), "credit"), max_chars=120),
            )


def _feed(
    raws: list[RawEntry],
    *,
    kind: str,
    base: str,
    title: str = "",
    language: str = "",
    url: str = "",
) -> ParsedFeed:
    built = [build(raw, base=base, position=position) for position, raw in enumerate(raws)]
    return ParsedFeed(
        kind=kind,
        title=one_line(title, max_chars=200),
        language=one_line(language, max_chars=35),
        url=url,
        entries=tuple(entry for entry in built if isinstance(entry, Entry)),
        refused=tuple(entry for entry in built if isinstance(entry, Refused)),
    )


def _text(fields: object, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else ""


def _list(fields: object, name: str) -> list[Any]:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, list) else []


def _rendered(fields: dict[str, Any], name: str) -> str:
    return _text(fields.get(name), "rendered")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
