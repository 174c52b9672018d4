"""Telling a relay who we are (RFC 4954)."""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Awaitable, Callable

from newsletter.errors import SettingsError
from newsletter.mail.smtp.connection import ConnectionLostError
from newsletter.mail.smtp.relay_url import RelayUrl
from newsletter.mail.smtp.reply_parser import in_words

SendCommand = Callable[[str], Awaitable[tuple[int, str]]]
_SUCCEEDED, _GO_ON, _REFUSED = 235, 334, 5


async def authenticate(
    ask: SendCommand, offered: frozenset[str], url: RelayUrl, *, peer: str | None = None
) -> None:
    """Log in by the first of PLAIN, LOGIN and CRAM-MD5 that the relay offers, or by what url says.

    peer is the address to which everything goes readable, None under TLS. Unless that is this
    machine, or url allows it, a password is not sent there; CRAM-MD5 does not send it.
    Raises SettingsError when no way is left, or the relay refuses the user and password;
    ConnectionLostError when it cannot say so now.
    """
    is_open = peer is not None and not _is_here(peer) and not url.is_plaintext_allowed
    known = [url.auth.upper()] if url.auth else ["PLAIN", "LOGIN", "CRAM-MD5"]
    kinds = [kind for kind in known if kind in _offered(offered)]
    usable = [kind for kind in kinds if kind == "CRAM-MD5" or not is_open]
    if kinds and not usable:
        raise SettingsError(
            f"The password for the relay {url.name} would be readable on the way. Write "
            "smtp+starttls:// or smtps:// in NEWSLETTER_SMTP_URL, or add ?plaintext=yes where the "
            "network is your own."
        )
    if not usable:
        raise SettingsError(
            f"The relay {url.name} asks for no password we could give ({', '.join(known)}). "
            "Take user and password out of NEWSLETTER_SMTP_URL, or change auth in it."
        )
    code, text = await _LOGINS[usable[0]](ask, url)
    if code == _SUCCEEDED:
        return
    if code // 100 == _REFUSED:
        raise SettingsError(
            f"The relay {url.name} refuses the user and password in NEWSLETTER_SMTP_URL ({code}). "
            f"It says: {in_words(0, text).rstrip('.')}."
        )
    raise ConnectionLostError(f"it says {in_words(code, text)} to our password")


def _is_here(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _offered(lines: frozenset[str]) -> set[str]:
    """The ways to log in. Some old relays write AUTH=LOGIN."""
    words = next((line.split() for line in lines if line.startswith("AUTH")), ["AUTH"])
    return {*words[1:], words[0].removeprefix("AUTH=")}


async def _plain(ask: SendCommand, url: RelayUrl) -> tuple[int, str]:
    """RFC 4616."""
    told = _coded(f"\0{url.user}\0{url.password}")
    return await ask(f"AUTH PLAIN {told}")


async def _login(ask: SendCommand, url: RelayUrl) -> tuple[int, str]:
    """Described in no RFC; each relay asks for the user first."""
    said = await ask("AUTH LOGIN")
    for value in (url.user, url.password):
        if said[0] != _GO_ON:
            return said
        said = await ask(_coded(value))
    return said


async def _cram_md5(ask: SendCommand, url: RelayUrl) -> tuple[int, str]:
    """RFC 2195."""
    code, text = await ask("AUTH CRAM-MD5")
    if code != _GO_ON:
        return code, text
    try:
        challenge = base64.b64decode(text)
    except binascii.Error as error:
        raise ConnectionLostError("its challenge for our password makes no sense") from error
    digest = hmac.new(url.password.encode(), challenge, "md5").hexdigest()
    return await ask(_coded(f"{url.user} {digest}"))


async def _xoauth2(ask: SendCommand, url: RelayUrl) -> tuple[int, str]:
    """Google's and Microsoft's; a refusal comes as a challenge, which an empty line answers."""
    told = _coded(f"user={url.user}\x01auth=Bearer {url.password}\x01\x01")
    code, text = await ask(f"AUTH XOAUTH2 {told}")
    return await ask("") if code == _GO_ON else (code, text)


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_LOGINS: dict[str, Callable[[SendCommand, RelayUrl], Awaitable[tuple[int, str]]]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
    "XOAUTH2": _xoauth2,
}
