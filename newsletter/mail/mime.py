"""Text and HTML as one MIME body in quoted-printable, in segments between the recipient's slots."""

import hashlib
import quopri
import re

from newsletter.mail.rendering import Rendered, Slot

Segments = tuple[bytes | Slot, ...]

_LINE = 72  # Bytes of encoded text a line: 76 are allowed (RFC 2045, 6.7), one is the break's.
_SLOTS = re.compile("|".join(slot.value for slot in Slot))


def content_type(rendered: Rendered) -> bytes:
    """The Content-Type field of the whole; the same for the same email."""
    boundary = _boundary(rendered)
    return f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode()


def text_and_html(rendered: Rendered) -> tuple[Segments, Segments]:
    """The body as multipart/alternative: the written text first, then the HTML to its end."""
    boundary = _boundary(rendered)
    text = [_part_head(boundary, "text/plain"), *_segments(rendered.text)]
    end = f"\r\n--{boundary}--\r\n".encode()
    html = [b"\r\n" + _part_head(boundary, "text/html"), *_segments(rendered.html), end]
    return _joined(text), _joined(html)


def encoded(text: str) -> bytes:
    """Text in quoted-printable (RFC 2045, 6.7) with CRLF line ends; empty for an empty text."""
    lines = text.split("\r\n")
    return b"\r\n".join(b"=\r\n".join(_folded(_quoted(line))) for line in lines)


def _boundary(rendered: Rendered) -> str:
    return "=_" + hashlib.sha256(rendered.html.encode()).hexdigest()[:32]


def _part_head(boundary: str, kind: str) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def _segments(text: str) -> list[bytes | Slot]:
    """The text in quoted-printable, each slot on lines of its own between soft line breaks."""
    normal = "\r\n".join(re.split(r"\r\n|\r|\n", text))
    found: list[bytes | Slot] = []
    at = 0
    for match in _SLOTS.finditer(normal):
        found += [encoded(normal[at : match.start()]) + b"=\r\n", Slot(match[0])]
        found.append(b"=\r\n")
        at = match.end()
    return [*found, encoded(normal[at:])]


def _quoted(line: str) -> bytes:
    quoted = quopri.encodestring(line.encode(), quotetabs=False, header=False)
    bare = quoted.replace(b"=\n", b"")
    # A dot that begins a line would have to be doubled for SMTP; written as =2E it need not.
    return b"=2E" + bare[1:] if bare.startswith(b".") else bare


def _folded(quoted: bytes) -> list[bytes]:
    """The line cut into pieces of at most _LINE bytes, never within an =XX."""
    pieces = []
    while len(quoted) > _LINE:
        cut = _LINE
        if b"=" in quoted[cut - 2 : cut]:
            cut = quoted.rindex(b"=", cut - 2, cut)
        pieces.append(quoted[:cut])
        quoted = quoted[cut:]
        if quoted.startswith(b"."):
            quoted = b"=2E" + quoted[1:]
    pieces.append(quoted)
    return pieces


def _joined(parts: list[bytes | Slot]) -> Segments:
    """Neighbouring constants as one."""
    joined: list[bytes | Slot] = []
    for part in parts:
        if joined and isinstance(part, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
