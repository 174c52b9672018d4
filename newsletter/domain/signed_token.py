"""Signed tokens for links: the ids they carry, and a proof that they were made here."""

import base64
import hmac

from newsletter.errors import InputError

NOT_OURS = "This link is not complete. Open it from the mail, or copy all of it."

_MAX_DIGITS = 19  # 2**63 has as many
_MAC_BYTES = 16  # 128 bits cannot be guessed; the link stays on one line of plain text.


def sign_token(purpose: str, *ids: int, key: bytes) -> str:
    """A token for a link: URL-safe, the same each time, of no use for another purpose.

    It ends with a digit, since mail programs leave a trailing - or _ out of the links they find.
    """
    body = ".".join(map(str, ids))
    mac = hmac.digest(key, f"{purpose}:{body}".encode(), "sha256")[:_MAC_BYTES]
    return f"{base64.urlsafe_b64encode(mac).decode().rstrip('=')}.{body}"


def verify_token(token: str, purpose: str, key: bytes) -> tuple[int, ...]:
    """The ids in a token. Raises InputError unless it was signed here for that purpose."""
    _, *numbers = token.split(".")
    if token.isascii() and numbers and all(_is_id(number) for number in numbers):
        ids = tuple(map(int, numbers))
        if hmac.compare_digest(sign_token(purpose, *ids, key=key).encode(), token.encode()):
            return ids
    raise InputError(NOT_OURS)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
