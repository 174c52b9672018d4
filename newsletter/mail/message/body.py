"""Text and HTML as one MIME body, each encoded as is shorter, with the recipient's slots in it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from newsletter.mail.message.base64_body import Base64Body
from newsletter.mail.message.quoted_printable import QuotedPrintableBody
from newsletter.mail.rendered import ANY_SLOT, RenderedEmail, Slot

SLOTS = tuple(Slot)  # A slot's number is its place here, and that of its value.

_LINE_END = re.compile(r"\r\n|\r|\n")


class EncodedPart(Protocol):
    """One part of the body, with the line that begins it."""

    def pieces(self, values: Sequence[bytes], *, are_plain: bool) -> list[bytes]:
        """The part in pieces, of which the first is the same for all values.

        values are UTF-8, in the order of SLOTS. are_plain says that quoted-printable would change
        none of them.
        """
        ...


def content_type(rendered: RenderedEmail) -> bytes:
    """The Content-Type field of the whole; the same for the same email."""
    boundary = _boundary(rendered)
    return f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode()


def text_and_html(rendered: RenderedEmail) -> tuple[EncodedPart, EncodedPart]:
    """The parts of multipart/alternative: the written text first, then the HTML."""
    boundary = _boundary(rendered)
    return (
        _part(f"--{boundary}\r\n", "text/plain", rendered.text),
        _part(f"\r\n--{boundary}\r\n", "text/html", rendered.html),
    )


def end(rendered: RenderedEmail) -> bytes:
    """What stands behind the parts."""
    return f"\r\n--{_boundary(rendered)}--\r\n".encode()


def _boundary(rendered: RenderedEmail) -> str:
    # Neither encoding can write its first two characters.
    return "=_" + hashlib.sha256(rendered.html.encode()).hexdigest()[:32]


def _part(delimiter: str, kind: str, text: str) -> EncodedPart:
    normal = _LINE_END.sub("\r\n", text)
    between = [constant.encode() for constant in ANY_SLOT.split(normal)]
    slots = [SLOTS.index(Slot(name)) for name in ANY_SLOT.findall(normal)]
    quoted, grouped = QuotedPrintableBody.of(between, slots), Base64Body.of(between, slots)
    part = grouped if _size(grouped) < _size(quoted) else quoted
    head = (
        f"{delimiter}Content-Type: {kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {part.encoding}\r\n\r\n"
    )
    return replace(part, start=head.encode() + part.start)


def _size(part: EncodedPart) -> int:
    """The bytes it takes without any values."""
    return sum(map(len, part.pieces([b""] * len(SLOTS), are_plain=True)))
