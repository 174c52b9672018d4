"""Signers out of the setting that names their keys: the one module that knows cryptography."""

import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from newsletter.errors import SettingsError
from newsletter.mail.message.dkim import Algorithm, Signer

SETTING = "NEWSLETTER_DKIM"
MIN_RSA_BITS = 1024  # RFC 8301, 3.2: receivers take a signature by a shorter key for none.
ADVISED_RSA_BITS = 2048  # likewise: signers should have so many

_FORM = "write selector=/path/of/key.pem, or selector@domain=/path/of/key.pem, with spaces between"
_NAME = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_ENTRY = re.compile(
    rf"\s*(?P<selector>{_NAME})(?:@(?P<domain>{_NAME}))?="
    r"(?P<key>-----BEGIN .*?-----END [A-Z0-9 ]+-----(?:\\n)*|\S+)(?:\s+|$)",
    re.IGNORECASE | re.DOTALL,
)


def parse_signers(setting: str) -> tuple[Signer, ...]:
    """A signer for each key of the setting.

    It is a list of selector=key or selector@domain=key, with white space between them. A key is the
    path of a PEM file, or the PEM itself; its line ends may be written as backslash and n.

    Raises SettingsError with a sentence that holds nothing of a key.
    """
    found: dict[tuple[str, str], Signer] = {}
    at = 0
    while setting[at:].strip():
        match = _ENTRY.match(setting, at)
        if match is None:
            raise SettingsError(f"{SETTING} cannot be read at its key {len(found) + 1}: {_FORM}.")
        name = match["selector"].lower(), (match["domain"] or "").lower()
        if name in found:
            raise SettingsError(f"{SETTING} names two keys {name[0]!r}; keep one of them.")
        found[name] = _signer(*name, match["key"])
        at = match.end()
    return tuple(found.values())


def key_warnings(signers: tuple[Signer, ...]) -> str:
    """A sentence about keys that are shorter than they should be, "" where none is."""
    short = [
        f"{one.selector!r} has {one.bits} bits"
        for one in signers
        if one.algorithm is Algorithm.RSA and one.bits < ADVISED_RSA_BITS
    ]
    if not short:
        return ""
    return f"{SETTING}: {', '.join(short)}; RSA keys should have {ADVISED_RSA_BITS} (RFC 8301)."


def _signer(selector: str, domain: str, key: str) -> Signer:
    private = _private_key(key, f"{SETTING}, key {selector!r},")
    public = private.public_key()
    if isinstance(private, rsa.RSAPrivateKey):
        algorithm, bits = Algorithm.RSA, private.key_size
        form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    else:
        algorithm, bits = Algorithm.ED25519, 256
        form = serialization.Encoding.Raw, serialization.PublicFormat.Raw  # RFC 8463, 4
    return Signer(
        selector=selector,
        domain=domain,
        algorithm=algorithm,
        bits=bits,
        public=b64encode(public.public_bytes(*form)).decode(),
        sign=_signing(private),
    )


def _signing(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    """What makes a signature of a SHA-256 hash."""
    if isinstance(private, rsa.RSAPrivateKey):
        padding, prehashed = PKCS1v15(), Prehashed(hashes.SHA256())
        return lambda digest: private.sign(digest, padding, prehashed)
    return private.sign


def _private_key(key: str, key_name: str) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    """Raises SettingsError, which begins with what is said of the key."""
    pem = key.replace("\\n", "\n").encode() if key.startswith("-----") else _read(key, key_name)
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise SettingsError(
            f"{key_name} is locked with a password; write it without one."
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{key_name} is no private key in PEM.") from error
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private
    if not isinstance(private, rsa.RSAPrivateKey):
        raise SettingsError(
            f"{key_name} is neither RSA nor Ed25519, the only ones that DKIM knows."
        )
    if private.key_size < MIN_RSA_BITS:
        raise SettingsError(
            f"{key_name} has {private.key_size} bits; receivers refuse fewer than {MIN_RSA_BITS}."
        )
    return private


def _read(path: str, key_name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"{key_name} cannot be read from {path} ({error.strerror}).") from error
