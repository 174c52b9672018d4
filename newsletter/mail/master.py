"""The master copy in segments: made once, and then each recipient's message is a join of bytes."""

import hashlib
import quopri
import re
from dataclasses import dataclass
from html import escape

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.frame import Frame
from newsletter.mail.headers import constant_fields, header_bytes, to_line
from newsletter.mail.rendering import Rendered, Slot

_LINE = 72  # Bytes of encoded text a line: 76 are allowed (RFC 2045, 6.7), one is the break's.
_SLOTS = re.compile("|".join(slot.value for slot in Slot))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom one message is for. unsubscribe is that subscription's signed token."""

    subscriber_id: int
    address: str
    name: str = ""
    unsubscribe: str


@dataclass(frozen=True, slots=True)
class Master:
    """An edition's message with its slots open: constant bytes, and what goes between them."""

    top: bytes
    text: tuple[bytes | Slot, ...]
    html: tuple[bytes | Slot, ...]
    frame: Frame

    def message(self, recipient: Recipient) -> bytes:
        """The whole message for one recipient: CRLF line ends, no line begins with a dot."""
        token = _encoded(recipient.unsubscribe)
        text = {Slot.ADDRESS: _encoded(recipient.address), Slot.UNSUBSCRIBE: token}
        html = {Slot.ADDRESS: _encoded(escape(recipient.address)), Slot.UNSUBSCRIBE: token}
        return b"".join(
            (
                self._personal(recipient),
                self.top,
                *(part if isinstance(part, bytes) else text[part] for part in self.text),
                *(part if isinstance(part, bytes) else html[part] for part in self.html),
            )
        )

    def message_id(self, subscriber_id: int) -> str:
        """The same for the same edition and subscriber, so that a repeat can be recognised."""
        return f"{self.frame.edition_id}.{subscriber_id}.edition@{self.frame.domain}"

    def _personal(self, recipient: Recipient) -> bytes:
        """The fields that differ from recipient to recipient."""
        unsubscribe = self.frame.unsubscribe.replace(Slot.UNSUBSCRIBE, recipient.unsubscribe)
        return b"".join(
            (
                to_line(recipient.name, recipient.address),
                f"Message-ID:\r\n <{self.message_id(recipient.subscriber_id)}>\r\n".encode(),
                f"List-Unsubscribe:\r\n <{unsubscribe}>\r\n".encode(),
            )
        )


def compiled(rendered: Rendered, newsletter: Newsletter, frame: Frame) -> Master:
    """The rendered email as a multipart/alternative master: written text first, then HTML."""
    boundary = "=_" + hashlib.sha256(rendered.html.encode()).hexdigest()[:32]
    top = header_bytes(constant_fields(newsletter, frame))
    top += f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode()
    end = f"\r\n--{boundary}--\r\n".encode()
    text = [_part_head(boundary, "text/plain"), *_segments(rendered.text)]
    html = [b"\r\n" + _part_head(boundary, "text/html"), *_segments(rendered.html), end]
    return Master(top, tuple(_joined(text)), tuple(_joined(html)), frame)


def _part_head(boundary: str, kind: str) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def _segments(text: str) -> list[bytes | Slot]:
    """The text in quoted-printable, each slot on lines of its own between soft line breaks."""
    normal = text.replace("\r\n", "\n").replace("\n", "\r\n")
    found: list[bytes | Slot] = []
    at = 0
    for match in _SLOTS.finditer(normal):
        found += [_encoded(normal[at : match.start()]) + b"=\r\n", Slot(match[0])]
        found.append(b"=\r\n")
        at = match.end()
    return [*found, _encoded(normal[at:])]


def _encoded(text: str) -> bytes:
    """Text in quoted-printable (RFC 2045, 6.7) with CRLF line ends; empty for an empty text."""
    lines = text.split("\r\n")
    return b"\r\n".join(b"=\r\n".join(_folded(_quoted(line))) for line in lines)


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


def _joined(parts: list[bytes | Slot]) -> list[bytes | Slot]:
    """Neighbouring constants as one."""
    joined: list[bytes | Slot] = []
    for part in parts:
        if joined and isinstance(part, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += part
        else:
            joined.append(part)
    return joined
