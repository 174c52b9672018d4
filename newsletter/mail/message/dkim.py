"""DKIM signatures on messages that are mostly alike (RFC 6376, 8463): hashed once what is constant.

Header fields are signed relaxed, since relays fold them anew and change the case of their names.
The body is signed simple, as it stands: its encodings leave nothing in it that a relay would have
to change, and so it need not be gone through for every message.
"""

import re
import textwrap
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

# Fields that say who writes to whom, and what is shown or done. They are named once more than they
# stand there: another one put beside them breaks the signature (RFC 6376, 8.15).
_ONLY_ONCE = (
    *("From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID", "MIME-Version"),
    *("Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post"),
)
_FIELD_END = re.compile(rb"\r\n(?![ \t])")  # RFC 5322, 2.2.3: another line of it begins so
_SPACE = re.compile(rb"[ \t\r\n]+")
_LINE = 74  # Letters of a signature on a line: RFC 5322, 2.1.1 asks for 78 at most.


class Algorithm(StrEnum):
    """How a hash is signed, by the names of RFC 6376, 3.3 and RFC 8463, 3."""

    RSA = "rsa-sha256"  # every receiver checks it; 0.3 ms a message with 2048 bits
    ED25519 = "ed25519-sha256"  # some receivers do not know it, so sign with both; 0.06 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key, and the name in the DNS under which receivers find its public half.

    An empty domain stands for that of the newsletter's sender. public is that half in base64, as
    the DNS has it. sign takes a SHA-256 hash.
    """

    selector: str
    domain: str = ""
    algorithm: Algorithm
    bits: int
    public: str
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)


def dns_name(signer: Signer, domain: str) -> str:
    """Where its record stands (RFC 6376, 3.6.2), for a newsletter with a sender of that domain."""
    return f"{signer.selector}._domainkey.{signer.domain or domain}"


def dns_record(signer: Signer) -> str:
    """The text of its TXT record (RFC 6376, 3.6.1)."""
    return f"v=DKIM1; k={signer.algorithm.removesuffix('-sha256')}; p={signer.public}"


class MessageSigner:
    """Signs messages that have fields and the beginning of the body in common."""

    def __init__(
        self,
        signers: Iterable[Signer],
        domain: str,
        *,
        fields: bytes,
        body: bytes = b"",
        personal: tuple[str, ...],
    ) -> None:
        """What all messages share is fields and body; personal names the fields that differ."""
        constant = relaxed(fields)
        names = [*(name for name, _ in constant), *personal]
        self._fields = sha256(b"".join(canonical + b"\r\n" for _, canonical in constant))
        self._body = sha256(body)
        self._stamps = [_Stamp(signer, signer.domain or domain, names) for signer in signers]

    def signatures(self, personal: bytes, body: bytes) -> bytes:
        """A DKIM-Signature field of each signer.

        personal are the fields that differ, in the order in which they were named; body is what
        follows its common beginning, and ends in one CRLF.
        """
        fields, whole = self._fields.copy(), self._body.copy()
        fields.update(b"".join(canonical + b"\r\n" for _, canonical in relaxed(personal)))
        whole.update(body)
        body_hash = b64encode(whole.digest())
        found = []
        for stamp in self._stamps:
            digest = fields.copy()
            digest.update(b"%b%b; b=" % (stamp.canonical, body_hash))
            signature = b64encode(stamp.sign(digest.digest()))
            lines = (signature[at : at + _LINE] for at in range(0, len(signature), _LINE))
            found.append(b"%b%b;\r\n b=%b\r\n" % (stamp.start, body_hash, b"\r\n  ".join(lines)))
        return b"".join(found)


class _Stamp:
    """One signer's field up to the hash of the body, as it stands and in its relaxed form."""

    def __init__(self, signer: Signer, domain: str, names: list[str]) -> None:
        signed = "h=" + ": ".join([*names, *_ONLY_ONCE]) + ";"
        lines = [
            f"v=1; a={signer.algorithm.value}; c=relaxed/simple;",
            f"d={domain}; s={signer.selector};",
            *(
                one.replace(": ", ":")
                for one in textwrap.wrap(signed, _LINE, break_on_hyphens=False)
            ),
            "bh=",
        ]
        self.start = b"DKIM-Signature: " + "\r\n ".join(lines).encode()
        self.canonical = b"dkim-signature:" + " ".join(lines).encode()
        self.sign = signer.sign


def relaxed(fields: bytes) -> list[tuple[str, bytes]]:
    """Header fields by name, each in its relaxed form (RFC 6376, 3.4.2), without its line end."""
    found = []
    for one in _FIELD_END.split(fields)[:-1]:
        name, _, value = one.partition(b":")
        name = name.rstrip()
        found.append(
            (name.decode(), b"%b:%b" % (name.lower(), _SPACE.sub(b" ", value).strip(b" ")))
        )
    return found
