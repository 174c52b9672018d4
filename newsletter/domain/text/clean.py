"""Plain text out of what strangers wrote: one line, no surprises."""

import html
import re
import unicodedata

# Characters that steer a display or hide: controls, bidi overrides and embeddings, zero-width
# spaces, byte-order marks, tags. The joiners U+200C and U+200D stay: Persian and emoji need them.
# Noncharacters are no text at all (Unicode, 23.7), and our own mails use two of them for slots.
_NONCHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_UNWANTED = re.compile(
    f"[{_NONCHARACTERS}\ufdd0-\ufdef"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"\s+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PARAGRAPHS = re.compile(r"[ \t\r\f\v\u00a0]*\n\s*")


def clean_line(text: str, *, max_chars: int = 500) -> str:
    """Return the text on one line: entities resolved (twice over too), nothing invisible."""
    return truncate(_SPACES.sub(" ", _resolve_entities(text)).strip(), max_chars)


def clean_paragraphs(text: str, *, max_chars: int) -> str:
    """Return the text with one line a paragraph, cleaned as clean_line does, cut at max_chars."""
    lines = _PARAGRAPHS.split(_resolve_entities(text[: 4 * max_chars]))
    cleaned = (_SPACES.sub(" ", line).strip() for line in lines)
    return "\n".join(line for line in cleaned if line)[:max_chars]


def strip_invisible(text: str) -> str:
    """Return the text without characters that steer a display or hide; its line breaks stay."""
    return _UNWANTED.sub("", text)


def truncate(text: str, max_chars: int) -> str:
    """Return the text, or its beginning cut at a word and ended by …, within max_chars."""
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars - 1]
    at_word = (
        cut.rsplit(" ", 1)[0]
        if " " in cut[max_chars // 2 :]
        else _without_torn_character(cut, text)
    )
    return at_word.rstrip(" ,;:–—-") + "…"


def _without_torn_character(cut: str, text: str) -> str:
    """Return the cut without a character torn from the marks or joiners that follow it."""
    while cut and (unicodedata.combining(text[len(cut)]) or text[len(cut)] in "\u200d\ufe0f"):
        cut = cut[:-1]
    return cut.rstrip("\u200d")


def _resolve_entities(text: str) -> str:
    for _ in range(2):  # feeds escape twice now and then: &amp;#039;
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return unicodedata.normalize("NFC", strip_invisible(text))
