"""What a signature costs: one message unsigned, signed by us with either key, and by dkimpy.

    python -m benchmarks.dkim --json

One process, a message of about 30 KB with the slots where a digest has them. All are measured in
turn, so that a busy machine slows all alike; each figure is the median of the rounds.
"""

import argparse
import json
import statistics
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.message.dkim_keys import parse_signers
from newsletter.mail.message.headers import HeaderContext
from newsletter.mail.message.master_copy import Recipient, compile_master
from newsletter.mail.rendered import RenderedEmail, Slot

MESSAGE_BYTES = 30_000
ROUNDS = 15
ROUND_S = 0.1
SITE = "https://letters.example"
NEWSLETTER = Newsletter(
    id=1, slug="evening", name="The Evening", sender_address="evening@letters.example"
)
FRAME = HeaderContext(
    edition_id=7,
    subject="A bridge opens in Beirut",
    zone="UTC",
    domain="letters.example",
    site=SITE,
    archive=f"{SITE}/archive",
    unsubscribe=f"{SITE}/unsubscribe/{Slot.UNSUBSCRIBE}",
)
READER = Recipient(
    subscriber_id=41,
    address="mira@reader.example",
    name="Mira Cohen",
    unsubscribe="V1StGXR8_Z5jdHi6B-myTQ.41",
    leaves_at=datetime(2026, 3, 3, 18, 0, tzinfo=UTC),
)


def main() -> None:
    """Measure, and print microseconds a message and what each adds to the unsigned one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    result = measured()
    if told.json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:<28}{value:>12}")


def measured() -> dict[str, float]:
    """Microseconds a message by way of signing, and ratios."""
    seeded = ed25519.Ed25519PrivateKey.generate()
    pems = {
        "ed25519": _pem(seeded),
        "rsa_2048": _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    }
    ways = {"unsigned": _ours("")}
    ways |= {name: _ours(f"evening={pem.decode()}") for name, pem in pems.items()}
    ways["both"] = _ours(" ".join(f"{n.replace('_', '-')}={p.decode()}" for n, p in pems.items()))
    message = ways["unsigned"]()
    seed = b64encode(seeded.private_bytes_raw())
    ways["dkimpy_ed25519"] = _dkimpy(message, seed, b"ed25519-sha256")
    ways["dkimpy_rsa_2048"] = _dkimpy(message, pems["rsa_2048"], b"rsa-sha256")
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            took[name].append(_seconds(way))
    medians = {name: statistics.median(one) * 1e6 for name, one in took.items()}
    result = {"message_bytes": float(len(message))}
    result |= {f"{name}_us": round(value, 1) for name, value in medians.items()}
    for name in pems:
        ours = medians[name] - medians["unsigned"]
        result[f"{name}_adds_us"] = round(ours, 1)
        result[f"dkimpy_{name}_ratio"] = round(medians[f"dkimpy_{name}"] / ours, 1)
    return result


def _ours(setting: str) -> Callable[[], bytes]:
    """A message of the master copy, signed by the keys of the setting."""
    line = "The first cars crossed at noon; the city had waited nine years.\n"
    foot = f"For {Slot.ADDRESS}. {SITE}/unsubscribe/{Slot.UNSUBSCRIBE}\n"
    lines = MESSAGE_BYTES // len(line)
    text = f"{line * (lines // 10)}{foot}"
    html = f"<p>{line * (lines * 9 // 10)}</p>\n<p>{foot}</p>"
    email = RenderedEmail(subject="A bridge opens in Beirut", preheader="", html=html, text=text)
    master = compile_master(email, NEWSLETTER, FRAME, parse_signers(setting))
    return lambda: master.message(READER)


def _dkimpy(message: bytes, key: bytes, algorithm: bytes) -> Callable[[], bytes]:
    """dkimpy's signature of the same message, in the same forms."""

    def sign() -> bytes:
        signer = dkim.DKIM(message, signature_algorithm=algorithm)
        forms = (b"relaxed", b"simple")
        return bytes(signer.sign(b"evening", b"letters.example", key, canonicalize=forms))

    return sign


def _pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _seconds(way: Callable[[], bytes]) -> float:
    """Seconds a call takes, over as many as fit into a round."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < ROUND_S:
        way()
        count += 1
    return (time.perf_counter() - began) / count


if __name__ == "__main__":
    main()
