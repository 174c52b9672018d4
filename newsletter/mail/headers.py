"""The header of an email, in bytes: encoded, folded, and closed to what is not a header."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.frame import Frame

_POLICY = SMTP.clone(max_line_length=76, utf8=False)
_BREAKS = re.compile(r"[\r\n\0]+")


def header_bytes(fields: dict[str, str]) -> bytes:
    """The fields as header lines, each ending in CRLF: RFC 2047 where not ASCII, RFC 5322 folding.

    A line break in a value becomes a space: no value can begin a header of its own.
    """
    lines = []
    for name, value in fields.items():
        message = EmailMessage(policy=_POLICY)
        message[name] = _BREAKS.sub(" ", value)
        lines.append(message.as_bytes().rstrip(b"\r\n") + b"\r\n")
    return b"".join(lines)


def to_line(name: str, address: str) -> bytes:
    """The To field. An address beyond ASCII stands as it is (RFC 6532), without a name."""
    if not address.isascii():
        return f"To:\r\n <{address}>\r\n".encode()
    return header_bytes({"To": mailbox(name, address)}) if name else f"To: {address}\r\n".encode()


def mailbox(name: str, address: str) -> str:
    """A display name and an address as one header value."""
    local, _, domain = address.rpartition("@")
    return str(Address(display_name=_BREAKS.sub(" ", name), username=local, domain=domain))


def constant_fields(newsletter: Newsletter, frame: Frame) -> dict[str, str]:
    """The fields that every recipient of an edition gets alike."""
    list_id = f"{newsletter.slug}.{frame.domain}"
    fields = {
        "From": mailbox(newsletter.sender_name or newsletter.name, newsletter.sender_address),
        "Subject": frame.subject,
        "Date": format_datetime(frame.date),
        "Reply-To": newsletter.reply_to,
        "List-Id": f"{newsletter.slug} <{list_id}>",
        "List-Help": f"<{frame.site}>",
        "List-Archive": f"<{frame.archive}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        "Feedback-ID": f"{frame.edition_id}:{newsletter.slug}:edition:{frame.domain}",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answer, please
        "Precedence": "list",
        "Content-Language": newsletter.language,
        "MIME-Version": "1.0",
    }
    return {name: value for name, value in fields.items() if value}
