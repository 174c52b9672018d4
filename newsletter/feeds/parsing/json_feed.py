"""JSON Feed (jsonfeed.org, 1 and 1.1)."""

import html
from typing import Any

from newsletter.domain.articles.article import Image
from newsletter.feeds.parsing.entry_builder import RawEntry
from newsletter.feeds.parsing.json_fields import build_feed, list_field, parse_moment, text_field
from newsletter.feeds.parsing.parsed_feed import ParsedFeed
from newsletter.feeds.parsing.sanitise import find_images


def parse_json_feed(document: dict[str, Any], url: str) -> ParsedFeed:
    return build_feed(
        [_parse_item(item) for item in list_field(document, "items") if isinstance(item, dict)],
        kind="JSON Feed",
        title=text_field(document, "title"),
        language=text_field(document, "language"),
        base=text_field(document, "home_page_url") or url,
        url=text_field(document, "feed_url"),
    )


def _parse_item(item: dict[str, Any]) -> RawEntry:
    authors = list_field(item, "authors") or [item.get("author")]
    words = html.escape(text_field(item, "content_text"))
    content = text_field(item, "content_html") or words
    image = text_field(item, "image") or text_field(item, "banner_image")
    return RawEntry(
        url=text_field(item, "url") or text_field(item, "external_url"),
        title_html=html.escape(text_field(item, "title")),
        summary_html=html.escape(text_field(item, "summary")) or words,
        content_html=content,
        authors=[text_field(author, "name") for author in authors],
        sections=[tag for tag in list_field(item, "tags") if isinstance(tag, str)],
        language=text_field(item, "language"),
        images=[Image(url=image)] if image else find_images(content),
        published_at=parse_moment(text_field(item, "date_published")),
        updated_at=parse_moment(text_field(item, "date_modified")),
        guid="" if item.get("id") is None else str(item["id"]),
    )
