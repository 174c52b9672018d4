"""The master copy in segments: made once, and then each recipient's message is a join of bytes."""

from dataclasses import dataclass

from newsletter.domain.newsletter import Newsletter
from newsletter.errors import PreflightError, UnmailableRecipientError
from newsletter.mail.content.render import LEFT_OVER
from newsletter.mail.message.body import SLOTS, EncodedPart, content_type, end, text_and_html
from newsletter.mail.message.dkim import MessageSigner, Signer
from newsletter.mail.message.headers import (
    HeaderContext,
    constant_fields,
    date_line,
    header_bytes,
    line,
    to_line,
)
from newsletter.mail.message.recipient import MAX_TOKEN_CHARS, Recipient, values
from newsletter.mail.rendered import ANY_SLOT, RenderedEmail, Slot

__all__ = ["CompiledMaster", "Recipient", "compile_master"]

MAX_LINE_BYTES = 998  # RFC 5322, 2.1.1

_PERSONAL = ("To", "Message-ID", "Date", "List-Unsubscribe")
_TOKEN = Slot.UNSUBSCRIBE.value  # read once: an enum's attribute takes longer than all else here


@dataclass(frozen=True, slots=True)
class CompiledMaster:
    """An edition's message with its slots open: constant bytes, and what goes between them.

    top is what all headers have alike, with the empty line behind it.
    """

    top: bytes
    text: EncodedPart
    html: EncodedPart
    end: bytes
    context: HeaderContext
    signer: MessageSigner | None = None

    def message(self, recipient: Recipient, *, message_id: str = "") -> bytes:
        """The whole message for one recipient: CRLF line ends, no line begins with a dot.

        message_id is for a message that is no delivery of the edition, such as a test.
        Raises UnmailableRecipientError when a value of this recipient cannot stand in a mail.
        """
        in_text, in_html, are_plain = values(recipient)
        first, *others = self.text.pieces(in_text, are_plain=are_plain)
        others += self.html.pieces(in_html, are_plain=are_plain)
        others.append(self.end)
        link = self.context.unsubscribe.replace(_TOKEN, recipient.unsubscribe)
        identity = message_id or self.message_id(recipient.subscriber_id)
        personal = (
            _to_line(recipient),
            line("Message-ID", f"<{identity}>").encode(),
            date_line(recipient.leaves_at, self.context.zone),
            line("List-Unsubscribe", f"<{link}>").encode(),
        )
        if self.signer is None:
            return b"".join((*personal, self.top, first, *others))
        rest = b"".join(others)
        signatures = self.signer.signatures(b"".join(personal), rest)
        return b"".join((signatures, *personal, self.top, first, rest))

    def message_id(self, subscriber_id: int) -> str:
        """Return the same for the same edition and subscriber, so that a repeat is recognised.

        No other database makes it too, also where the numbers begin at 1 again (RFC 5322, 3.6.4).
        """
        frame = self.context
        uid = f".{frame.edition_uid}" if frame.edition_uid else ""
        return f"{frame.edition_id}.{subscriber_id}{uid}.edition@{frame.domain}"


def compile_master(
    rendered: RenderedEmail,
    newsletter: Newsletter,
    frame: HeaderContext,
    signers: tuple[Signer, ...] = (),
) -> CompiledMaster:
    """The rendered email as a multipart/alternative master: written text first, then HTML.

    Its messages are signed by each of the signers. Raises PreflightError when the header
    holds a slot where none may be, or cannot be written.
    """
    try:
        fields = header_bytes(constant_fields(newsletter, frame)) + content_type(rendered)
        text, html = text_and_html(rendered)
    except UnicodeEncodeError:
        raise PreflightError(("It holds what is no character.",)) from None
    _check(fields, frame)
    first, *_ = text.pieces([b""] * len(SLOTS), are_plain=True)
    seal = MessageSigner(signers, frame.domain, fields=fields, body=first, personal=_PERSONAL)
    return CompiledMaster(
        fields + b"\r\n", text, html, end(rendered), frame, seal if signers else None
    )


def _to_line(recipient: Recipient) -> bytes:
    try:
        return to_line(recipient.name, recipient.address)
    except UnicodeEncodeError:
        raise UnmailableRecipientError("The name holds what is no character.") from None


def _check(fields: bytes, frame: HeaderContext) -> None:
    """Raises PreflightError with all that is wrong."""
    longest = max(map(len, fields.split(b"\r\n")))
    link = len(f"List-Unsubscribe: <{frame.unsubscribe}>") + MAX_TOKEN_CHARS
    said = {
        LEFT_OVER: bool(ANY_SLOT.search(frame.subject)),
        "A line of its header is longer than mail allows.": max(longest, link) > MAX_LINE_BYTES,
    }
    if problems := tuple(text for text, is_so in said.items() if is_so):
        raise PreflightError(problems)
