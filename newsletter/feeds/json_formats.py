"""JSON Feed (jsonfeed.org, 1 and 1.1) and WordPress's REST posts (/wp-json/wp/v2/posts)."""

import html
from datetime import UTC, datetime
from typing import Any

from newsletter.domain.article import Entry, Image
from newsletter.domain.text import one_line
from newsletter.errors import FeedUnusableError
from newsletter.feeds.build import RawEntry, build
from newsletter.feeds.values import ParsedFeed, Refused


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
    items = document.get("items")
    raws = [_json_item(item) for item in items or () if isinstance(item, dict)]
    return _feed(
        raws,
        kind="JSON Feed",
        title=_text(document, "title"),
        language=_text(document, "language"),
        base=_text(document, "home_page_url") or url,
        url=_text(document, "feed_url"),
    )


def _json_item(item: dict[str, Any]) -> RawEntry:
    authors = item.get("authors") or [item.get("author")]
    plain = html.escape(_text(item, "content_text"))
    image = _text(item, "image") or _text(item, "banner_image")
    return RawEntry(
        url=_text(item, "url") or _text(item, "external_url"),
        title_html=html.escape(_text(item, "title")),
        summary_html=html.escape(_text(item, "summary")) or plain,
        content_html=_text(item, "content_html") or plain,
        authors=[_text(author, "name") for author in authors if isinstance(author, dict)],
        sections=[str(tag) for tag in item.get("tags") or ()],
        language=_text(item, "language"),
        image=Image(url=image) if image else None,
        published_at=_moment(_text(item, "date_published")),
        updated_at=_moment(_text(item, "date_modified")),
        guid=str(item.get("id", "")),
    )


def _is_post(one: object) -> bool:
    return isinstance(one, dict) and "link" in one and isinstance(one.get("title"), dict)


def _wordpress(posts: list[dict[str, Any]], url: str) -> ParsedFeed:
    return _feed([_post(post) for post in posts], kind="WordPress", base=url)


def _post(post: dict[str, Any]) -> RawEntry:
    embedded = post.get("_embedded") or {}
    groups = embedded.get("wp:term") or ()
    terms = [term for group in groups if isinstance(group, list) for term in group]
    named = [term for term in terms if isinstance(term, dict)]
    return RawEntry(
        url=_text(post, "link"),
        title_html=_rendered(post, "title"),
        summary_html=_rendered(post, "excerpt"),
        content_html=_rendered(post, "content"),
        authors=[_text(author, "name") for author in embedded.get("author") or ()],
        sections=[_text(term, "name") for term in named if term.get("taxonomy") == "category"],
        image=_featured(embedded),
        # The *_gmt fields are UTC without saying so.
        published_at=_moment(_text(post, "date_gmt") or _text(post, "date")),
        updated_at=_moment(_text(post, "modified_gmt") or _text(post, "modified")),
        guid=_rendered(post, "guid"),
    )


def _featured(embedded: dict[str, Any]) -> Image | None:
    media = next(iter(embedded.get("wp:featuredmedia") or ()), None)
    if not isinstance(media, dict) or not media.get("source_url"):
        return None
    details = media.get("media_details") or {}
    return Image(
        url=str(media["source_url"]),
        width=details.get("width") if isinstance(details.get("width"), int) else None,
        height=details.get("height") if isinstance(details.get("height"), int) else None,
        alt=one_line(_text(media, "alt_text"), max_chars=300),
        credit=one_line(str((details.get("image_meta") or {}).get("credit", "")), max_chars=120),
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


def _text(fields: Any, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else ""


def _rendered(post: dict[str, Any], name: str) -> str:
    return _text(post.get(name), "rendered")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
