"""Reading a document of unknown kind: sniffed, then parsed."""

import gzip
import json
import re
import zlib

from newsletter.errors import FeedUnusableError
from newsletter.feeds.json_formats import parse_json
from newsletter.feeds.parse import parse
from newsletter.feeds.values import ParsedFeed

_HTML = re.compile(rb"^\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html|<head|<body)", re.I | re.S)
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_MAX_CONTROL_SHARE = 0.02  # Text has next to none; a picture or archive has a tenth.


class WebPageError(FeedUnusableError):
    """It is a web page. A feed may be linked from it, or it may be an article itself."""


def read(body: bytes, *, content_type: str = "", url: str) -> ParsedFeed:
    """The feed in body, whatever its format.

    Raises WebPageError for HTML, FeedUnusableError for anything else that is not a feed; the text
    says what it is instead.
    """
    body = unpacked(body)
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if not body.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise FeedUnusableError("It is empty.")
    if start[:1] in b"{[":
        return parse_json(_json(body), url=url)
    if _HTML.match(start):
        raise WebPageError("It is a web page, not a feed.")
    if not body.startswith(_UTF16) and _is_binary(body[:4_000]):
        raise FeedUnusableError("It is not text: a picture, an archive or a program.")
    return parse(body, content_type=content_type, url=url)


def unpacked(body: bytes, *, max_bytes: int = 10_000_000) -> bytes:
    """The body, unpacked when it is gzip.

    Raises FeedUnusableError when what it packs is broken or larger than max_bytes.
    """
    if not body.startswith(_GZIP):
        return body
    try:
        inner = zlib.decompressobj(wbits=31).decompress(body, max_bytes + 1)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise FeedUnusableError("It is a broken gzip file.") from error
    if len(inner) > max_bytes:
        raise FeedUnusableError(f"Unpacked it is larger than {max_bytes / 1e6:g} MB.")
    return inner


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedUnusableError("It begins like JSON but is broken or cut short.") from error


def _is_binary(sample: bytes) -> bool:
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)  # noqa: PLR2004  # ASCII's controls without white space
    return controls > _MAX_CONTROL_SHARE * len(sample)
