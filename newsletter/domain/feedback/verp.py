"""The envelope sender that names a delivery, so that a bounce can be attributed to it (VERP)."""

import hmac
import re

from newsletter.domain.signed_token import keyed_mac
from newsletter.errors import InputError

# 80 bits, each guess being a mail; with two ids of 2**63 the local part has 56 of the 64 octets of
# RFC 5321, 4.5.3.1.1. Relays may change the case of a local part, so there is none in it.
_VERP_MAC_BYTES = 10


_VERP = re.compile(r"([^@+\s]+)\+([0-9a-z]{1,13})-([0-9a-z]{1,13})-[0-9a-f]{20}")


_VERP_BOX = "bounces"


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def make_verp(edition_id: int, subscriber_id: int, *, key: bytes, box: str = _VERP_BOX) -> str:
    """The local part of the envelope sender of one delivery: "bounces+5k-1x-" and a proof.

    A bounce to it names the delivery by itself. box is the mailbox that such mail goes to (RFC
    5233: what follows + is its own business), at most 15 characters long.
    """
    proof = keyed_mac(key, f"bounce:{edition_id}.{subscriber_id}")[:_VERP_MAC_BYTES].hex()
    return f"{box}+{_base36(edition_id)}-{_base36(subscriber_id)}-{proof}"


def parse_verp(address: str, *, key: bytes) -> tuple[int, int]:
    """The edition and the subscriber of the delivery whose envelope sender this was.

    address may have its domain still, and any case. Raises InputError unless it was made here.
    """
    local = address.partition("@")[0].lower()
    found = _VERP.fullmatch(local) if address.isascii() else None
    if found is not None:
        edition_id, subscriber_id = int(found[2], 36), int(found[3], 36)
        made = make_verp(edition_id, subscriber_id, key=key, box=found[1])
        if hmac.compare_digest(made.encode(), local.encode()):
            return edition_id, subscriber_id
    raise InputError(f"{address[:100]!r} is not the address of a bounce to a mail from here.")


def _base36(number: int) -> str:
    digits = _DIGITS[number % 36]
    while number := number // 36:
        digits = _DIGITS[number % 36] + digits
    return digits
