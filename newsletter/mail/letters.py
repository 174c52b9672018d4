"""A single letter to one address, such as the one that asks for confirmation."""

import hashlib
from datetime import datetime
from email.utils import format_datetime

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.headers import header_bytes, mailbox, to_line, written_address
from newsletter.mail.mime import content_type, text_and_html
from newsletter.mail.rendering import Rendered


def letter(email: Rendered, newsletter: Newsletter, *, to: str, date: datetime) -> bytes:
    """The email as a message: CRLF line ends, no line that begins with a dot.

    It is no list mail: nobody has subscribed yet. It has no slots.
    """
    sender = written_address(newsletter.sender_address)
    unique = hashlib.sha256(f"{to}{date.isoformat()}{email.text}".encode()).hexdigest()[:24]
    fields = {
        "From": mailbox(newsletter.sender_name or newsletter.name, sender),
        "Subject": email.subject,
        "Date": format_datetime(date),
        "Message-ID": f"<{unique}.letter@{sender.rpartition('@')[2]}>",
        "Reply-To": newsletter.reply_to,
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "Content-Language": newsletter.language,
        "MIME-Version": "1.0",
    }
    head = header_bytes({name: value for name, value in fields.items() if value})
    segments = [segment for part in text_and_html(email) for segment in part]
    body = b"".join(segment for segment in segments if isinstance(segment, bytes))
    return to_line("", to) + head + content_type(email) + b"\r\n" + body
