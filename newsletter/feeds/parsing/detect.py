"""Reading a document of unknown kind: sniffed, then parsed."""

import json
import re

from newsletter.errors import FeedUnusableError
from newsletter.feeds.parsing.json_feed import parse_json_feed
from newsletter.feeds.parsing.parsed_feed import ParsedFeed
from newsletter.feeds.parsing.wordpress import is_post, parse_posts
from newsletter.feeds.parsing.xml_feeds import parse_xml_feed

_HTML = re.compile(rb"<!doctype\s+html|<html\b", re.I)
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|rdf|feed|channel)\b", re.I)
_BLANK = b"\xef\xbb\xbf \t\r\n\0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_MAX_CONTROL_SHARE = 0.02  # Text has next to none; a picture or archive has a tenth.


class WebPageError(FeedUnusableError):
    """It is a web page. A feed may be linked from it, or it may be an article itself."""


def parse_document(body: bytes, *, content_type: str = "", url: str) -> ParsedFeed:
    """Return the feed in body, whatever its format; body is not compressed.

    Raises WebPageError for HTML, FeedUnusableError for anything else that is not a feed; the text
    says what it is instead.
    """
    start = body.lstrip(_BLANK)[:2_000]
    if not start:
        raise FeedUnusableError("It is empty.")
    if start[:1] in b"{[":
        return _parse_json(_json(body), url)
    if _is_page(start.replace(b"\0", b"")):
        raise WebPageError("It is a web page, not a feed.")
    if not body.startswith(_UTF16) and _is_binary(body[:4_000]):
        raise FeedUnusableError("It is not text: a picture, an archive or a program.")
    return parse_xml_feed(body, content_type=content_type, url=url)


def _parse_json(document: object, url: str) -> ParsedFeed:
    if isinstance(document, dict) and "jsonfeed.org" in str(document.get("version", "")):
        return parse_json_feed(document, url)
    if isinstance(document, list) and all(map(is_post, document)):
        return parse_posts(document, url)
    raise FeedUnusableError("It is JSON, but neither a JSON Feed nor a list of WordPress posts.")


def _is_page(start: bytes) -> bool:
    html, feed = _HTML.search(start), _FEED.search(start)
    return html is not None and (feed is None or html.start() < feed.start())


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedUnusableError("It begins like JSON but is broken or cut short.") from error


def _is_binary(sample: bytes) -> bool:
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)  # noqa: PLR2004  # ASCII's controls without white space
    return controls > _MAX_CONTROL_SHARE * len(sample)
