"""A single letter to one address, such as the one that asks for confirmation."""

import hashlib
from datetime import datetime

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.text.clean import strip_invisible
from newsletter.mail.message.body import SLOTS, content_type, end, text_and_html
from newsletter.mail.message.dkim import MessageSigner, Signer
from newsletter.mail.message.headers import (
    date_line,
    header_bytes,
    mailbox,
    to_line,
    written_address,
)
from newsletter.mail.message.recipient import checked_address
from newsletter.mail.rendered import RenderedEmail


def build_transactional(
    email: RenderedEmail,
    newsletter: Newsletter,
    *,
    to: str,
    date: datetime,
    signers: tuple[Signer, ...] = (),
) -> bytes:
    """The email as a message: CRLF line ends, no line that begins with a dot.

    It is no list mail: nobody has subscribed yet. It has no slots. Raises UnmailableRecipientError
    when it cannot be written to that address.
    """
    told = to_line("", checked_address(to))
    sender = written_address(newsletter.sender_address)
    identity = single_message_id("letter", sender, to, date.isoformat(), email.text)
    fields = {
        "From": mailbox(strip_invisible(newsletter.sender_name or newsletter.name), sender),
        "Subject": email.subject,
        "Message-ID": f"<{identity}>",
        "Reply-To": newsletter.reply_to,
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "Content-Language": newsletter.language,
        "MIME-Version": "1.0",
    }
    told += header_bytes({name: value for name, value in fields.items() if value})
    told += date_line(date, newsletter.zone) + content_type(email)
    values = [b""] * len(SLOTS)
    pieces = [part.pieces(values, are_plain=True) for part in text_and_html(email)]
    body = b"".join([*pieces[0], *pieces[1], end(email)])
    seal = MessageSigner(signers, sender.rpartition("@")[2], fields=told, personal=())
    return seal.signatures(b"", body) + told + b"\r\n" + body


def single_message_id(kind: str, sender: str, *values: str) -> str:
    """Return the Message-ID of a message that is sent once; the values tell it from all others.

    kind says what it is, sender is the address whose domain it bears.
    """
    unique = hashlib.sha256("".join(values).encode()).hexdigest()[:24]
    return f"{unique}.{kind}@{sender.rpartition('@')[2]}"
