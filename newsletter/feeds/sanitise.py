"""HTML from strangers: made harmless, or made plain text."""

import re

import nh3

from newsletter.domain.text import paragraphs

MAX_HTML_CHARS = 200_000  # The longest reads are a tenth of this; what is above is markup gone mad.
MAX_TEXT_CHARS = 60_000

_TAGS = {"p", "br", "a", "em", "strong", "b", "i", "ul", "ol", "li", "blockquote", "h2", "h3", "h4"}
_BLOCK = re.compile(r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote|figure)\b[^>]*>", re.I)
_DROPPED = {"script", "style", "noscript", "template", "iframe", "object", "svg", "math"}


def safe_html(markup: str) -> str:
    """The markup with a few harmless tags, web links only, and no script, style or event."""
    return nh3.clean(
        markup[:MAX_HTML_CHARS],
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener nofollow",
    )


def plain(markup: str) -> str:
    """The words of the markup, one line a paragraph."""
    broken = _BLOCK.sub("\n", markup[:MAX_HTML_CHARS])
    bare = nh3.clean(broken, tags=set(), clean_content_tags=_DROPPED, attributes={})
    return paragraphs(bare, max_chars=MAX_TEXT_CHARS)
