"""The master copy in segments: made once, and then each recipient's message is a join of bytes."""

from dataclasses import dataclass
from html import escape

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.frame import Frame
from newsletter.mail.headers import constant_fields, header_bytes, to_line
from newsletter.mail.mime import Segments, content_type, encoded, text_and_html
from newsletter.mail.rendering import Rendered, Slot


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
    text: Segments
    html: Segments
    frame: Frame

    def message(self, recipient: Recipient) -> bytes:
        """The whole message for one recipient: CRLF line ends, no line begins with a dot."""
        token = encoded(recipient.unsubscribe)
        text = {Slot.ADDRESS: encoded(recipient.address), Slot.UNSUBSCRIBE: token}
        html = {Slot.ADDRESS: encoded(escape(recipient.address)), Slot.UNSUBSCRIBE: token}
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
    top = header_bytes(constant_fields(newsletter, frame)) + content_type(rendered) + b"\r\n"
    return Master(top, *text_and_html(rendered), frame)
