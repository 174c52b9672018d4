"""HTML from strangers: made harmless, or made plain text."""

import re
from collections.abc import Iterator

import nh3

from newsletter.domain.articles.article import Image
from newsletter.domain.text.clean import clean_line, clean_paragraphs, strip_invisible
from newsletter.feeds.fetching.urls import web_url

MAX_HTML_CHARS = 200_000  # The longest reads are a tenth of this; what is above is markup gone mad.
MAX_TAGS = 3_000  # Of these at most, since parsing takes the square of their depth.
MAX_TEXT_CHARS = 60_000

_TAGS = {"p", "br", "a", "em", "strong", "b", "i", "ul", "ol", "li", "blockquote", "h2", "h3", "h4"}
_DROPPED = {"script", "style", "noscript", "template", "iframe", "object", "svg", "math"}
# No pattern may run past the next "<": a page of "<p<p<p" would take the square of its length.
_BLOCK = re.compile(r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote|figure)\b[^<>]*>", re.I)
_ESCAPED_TAG = re.compile(r"</?(?:p|br|a|b|i|u|em|strong|span|div|img|font|sup|sub)\b[^<>]*>", re.I)
_IMAGE = re.compile(r"<img\b[^<>]{1,4000}>", re.I)
_ATTRIBUTE = re.compile(
    r"\b(src|alt|width|height)\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I
)
_SMALLEST_PX = 3  # Below are the dots that count readers.


def safe_html(markup: str, *, base: str) -> str:
    """Return the markup with a few harmless tags, and no script, style or event.

    Links lead to the web only; base is where relative ones start from.
    """
    return nh3.clean(
        _limit(markup),
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, _name, value: web_url(value, base=base) or None,
        link_rel="noopener nofollow",
    )


def plain_text(markup: str) -> str:
    """Return the words of the markup, one line a paragraph; no tags, escaped twice or not."""
    words = clean_paragraphs(_strip_tags(_limit(markup)), max_chars=MAX_TEXT_CHARS)
    if _ESCAPED_TAG.search(words):
        words = clean_paragraphs(_strip_tags(_limit(words)), max_chars=MAX_TEXT_CHARS)
    return words


def find_images(markup: str) -> Iterator[Image]:
    """Yield the images in the markup, in their order, but for those too small to be seen."""
    for match in _IMAGE.finditer(_limit(markup)):
        attributes = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(match[0])}
        width, height = (
            parse_pixels(attributes.get("width")),
            parse_pixels(attributes.get("height")),
        )
        if attributes.get("src") and min(width or 9, height or 9) >= _SMALLEST_PX:
            alt = clean_line(attributes.get("alt", ""), max_chars=300)
            yield Image(
                url=clean_line(attributes["src"], max_chars=3_000),
                width=width,
                height=height,
                alt=alt,
            )


def parse_pixels(value: object) -> int | None:
    """Return a number of pixels from markup: 640, "640" or "640px"; None for anything else."""
    digits = str(value or "").strip().removesuffix("px")
    is_size = digits.isascii() and digits.isdigit() and len(digits) <= len("99999")
    return int(digits) if is_size else None


def _strip_tags(markup: str) -> str:
    broken = _BLOCK.sub("\n", markup)
    return nh3.clean(broken, tags=set(), clean_content_tags=_DROPPED, attributes={})


def _limit(markup: str) -> str:
    markup = strip_invisible(markup[:MAX_HTML_CHARS])
    pieces = markup.split("<", MAX_TAGS + 1)
    return "<".join(pieces[: MAX_TAGS + 1])
