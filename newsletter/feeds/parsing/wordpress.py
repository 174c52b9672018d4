"""WordPress's REST posts (/wp-json/wp/v2/posts)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from newsletter.domain.articles.article import Image
from newsletter.domain.text.clean import clean_line
from newsletter.feeds.parsing.entry_builder import RawEntry
from newsletter.feeds.parsing.json_fields import build_feed, list_field, parse_moment, text_field
from newsletter.feeds.parsing.parsed_feed import ParsedFeed
from newsletter.feeds.parsing.sanitise import find_images, parse_pixels, plain_text


def is_post(item: object) -> bool:
    return isinstance(item, dict) and "link" in item and isinstance(item.get("title"), dict)


def parse_posts(posts: list[dict[str, Any]], url: str) -> ParsedFeed:
    return build_feed([_parse_post(post) for post in posts], kind="WordPress", base=url)


def _parse_post(post: dict[str, Any]) -> RawEntry:
    embedded = post.get("_embedded")
    terms = [
        term
        for group in list_field(embedded, "wp:term")
        if isinstance(group, list)
        for term in group
    ]
    content = _rendered_text(post, "content")
    return RawEntry(
        # Copies of a site that was moved name its pages from the root; the guid has the host.
        url=urljoin(_rendered_text(post, "guid"), text_field(post, "link")),
        title_html=_rendered_text(post, "title"),
        summary_html=_rendered_text(post, "excerpt"),
        content_html=content,
        authors=[text_field(author, "name") for author in list_field(embedded, "author")],
        sections=[
            text_field(term, "name") for term in terms if text_field(term, "taxonomy") == "category"
        ],
        images=[*_featured(embedded), *find_images(content)],
        # The *_gmt fields are UTC without saying so.
        published_at=parse_moment(text_field(post, "date_gmt") or text_field(post, "date")),
        updated_at=parse_moment(text_field(post, "modified_gmt") or text_field(post, "modified")),
        guid=_rendered_text(post, "guid"),
    )


def _featured(embedded: object) -> Iterator[Image]:
    for media in list_field(embedded, "wp:featuredmedia"):
        details = media.get("media_details") if isinstance(media, dict) else None
        details = details if isinstance(details, dict) else {}
        if url := text_field(media, "source_url"):
            yield Image(
                url=url,
                width=parse_pixels(details.get("width")),
                height=parse_pixels(details.get("height")),
                alt=clean_line(text_field(media, "alt_text"), max_chars=300),
                caption=clean_line(plain_text(_rendered_text(media, "caption")), max_chars=300),
                credit=clean_line(text_field(details.get("image_meta"), "credit"), max_chars=120),
            )


def _rendered_text(fields: dict[str, Any], name: str) -> str:
    return text_field(fields.get(name), "rendered")
