"""Whom a message is for, and whether that recipient's own values can stand in it."""

import re
from dataclasses import dataclass
from datetime import datetime

from markupsafe import escape

from newsletter.domain.subscribers.email_address import MAX_LOCAL_BYTES
from newsletter.errors import UnmailableRecipientError
from newsletter.mail.message.headers import written_address
from newsletter.mail.message.quoted_printable import LINE

MAX_DOMAIN_BYTES = 255  # RFC 5321, 4.5.3.1.2
MAX_ADDRESS_BYTES = 254  # RFC 5321, 4.5.3.1.3: 256 with its angle brackets
MAX_TOKEN_CHARS = 500  # Half of a line: the rest of the link stands on it too.

# Nearly every address and token: they need no encoding, quoting or escaping anywhere.
_PLAIN_ADDRESS = re.compile(rf"(?=.{{3,{LINE}}}$)[A-Za-z0-9][\w+.-]{{0,63}}@[A-Za-z0-9.-]+", re.A)
_PLAIN_TOKEN = re.compile(rf"[\w-][\w.-]{{0,{LINE - 1}}}", re.A)

_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
# Loosely RFC 5322, 3.4.1: what cannot be read as something else. Dots may stand side by side in it,
# since there are mailboxes of that name.
_ADDRESS = re.compile(
    rf'(?:[^\s()<>\[\]:;@\\,"{_CONTROL}]+|"(?:[^"\\{_CONTROL}]|\\[ -~])*")'
    rf'@[^\s()<>:;@\\,"{_CONTROL}]+'
)
_TOKEN = re.compile(r"[!-;=?-~]+")  # what may stand between the angle brackets of a URI


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom one message is for, and when it leaves.

    unsubscribe is that subscription's signed token.
    """

    subscriber_id: int
    address: str
    name: str = ""
    unsubscribe: str
    leaves_at: datetime


# In the order of mime.SLOTS.
Values = tuple[bytes, bytes]


def values(recipient: Recipient) -> tuple[Values, Values, bool]:
    """What goes into the slots of the text and of the HTML, and whether it is plain.

    Raises UnmailableRecipientError when a value cannot stand in a mail.
    """
    address, token = recipient.address, recipient.unsubscribe
    if _PLAIN_ADDRESS.fullmatch(address) and _PLAIN_TOKEN.fullmatch(token):
        plain = address.encode(), token.encode()
        return plain, plain, True
    told = checked_address(address).encode(), _checked_token(token).encode()
    return told, (str(escape(address)).encode(), told[1]), False


def checked_address(address: str) -> str:
    """The address, when it can be written into a mail. Raises UnmailableRecipientError."""
    try:
        written = written_address(address).encode()
    except UnicodeEncodeError:
        raise UnmailableRecipientError("The address holds what is no character.") from None
    if not _ADDRESS.fullmatch(address):
        raise UnmailableRecipientError("The address is none that a mail could be sent to.")
    local, _, domain = written.rpartition(b"@")
    if len(local) > MAX_LOCAL_BYTES:
        raise UnmailableRecipientError(
            f"The address has more than {MAX_LOCAL_BYTES} bytes before the @."
        )
    if len(domain) > MAX_DOMAIN_BYTES or len(written) > MAX_ADDRESS_BYTES:
        raise UnmailableRecipientError(f"The address is longer than {MAX_ADDRESS_BYTES} bytes.")
    return address


def _checked_token(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise UnmailableRecipientError(
            "The unsubscribe token is empty, or has characters that no link has."
        )
    if len(token) > MAX_TOKEN_CHARS:
        raise UnmailableRecipientError(
            f"The unsubscribe token is longer than {MAX_TOKEN_CHARS} characters."
        )
    return token
