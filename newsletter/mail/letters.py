"""A single letter to one address, such as the one that asks for confirmation."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.headers import mailbox, to_line
from newsletter.mail.rendering import Rendered


def letter(email: Rendered, newsletter: Newsletter, *, to: str, date: datetime) -> bytes:
    """The email as a message: CRLF line ends, no line that begins with a dot.

    It is no list mail: nobody has subscribed yet.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    sender = newsletter.sender_address
    message["From"] = mailbox(newsletter.sender_name or newsletter.name, sender)
    message["Subject"] = email.subject
    message["Date"] = format_datetime(date)
    unique = hashlib.sha256(f"{to}{date.isoformat()}{email.text}".encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{unique}.letter@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message["Content-Language"] = newsletter.language
    if newsletter.reply_to:
        message["Reply-To"] = newsletter.reply_to
    message.set_content(email.text, cte="base64")
    message.add_alternative(email.html, subtype="html", cte="base64")
    return to_line("", to) + message.as_bytes()
