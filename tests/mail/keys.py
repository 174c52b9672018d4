"""Keys that sign, their public halves in a DNS of our own, and another program's judgement."""

from collections.abc import Iterable
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from newsletter.mail.message.dkim import Signer, dns_name, dns_record
from newsletter.mail.message.dkim_keys import parse_signers

DOMAIN = "letters.example"


@cache
def pem(kind: str, bits: int = 2048) -> str:
    """A new private key in PEM: ed25519, rsa or ec; the same one each time."""
    if kind == "rsa":
        return as_pem(rsa.generate_private_key(public_exponent=65537, key_size=bits))
    if kind == "ec":
        return as_pem(ec.generate_private_key(ec.SECP256R1()))
    return as_pem(ed25519.Ed25519PrivateKey.generate())


def as_pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    *,
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
    password: bytes = b"",
) -> str:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


def signer(kind: str, selector: str = "evening", domain: str = "") -> Signer:
    (one,) = parse_signers(f"{selector}{'@' + domain if domain else ''}={pem(kind)}")
    return one


def verdicts(message: bytes, told: Iterable[Signer]) -> list[bool]:
    """For each signature of the message, from the first, whether dkimpy finds it good."""
    records = {f"{dns_name(one, DOMAIN)}.": dns_record(one) for one in told}

    def dns(name: bytes, timeout: float = 0) -> bytes | None:
        record = records.get(name.decode())
        return record.encode() if record else None

    judge = dkim.DKIM(message)
    count = sum(name.lower() == b"dkim-signature" for name, _ in judge.headers)
    found = []
    for index in range(count):
        try:
            found.append(bool(judge.verify(index, dnsfunc=dns)))
        except dkim.DKIMException:
            found.append(False)
    return found
