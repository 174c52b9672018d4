"""Telling a relay who we are (RFC 4954)."""

import base64
import hmac
from collections.abc import Awaitable, Callable

from newsletter.errors import SettingsError
from newsletter.mail.smtp.url import RelayUrl

Ask = Callable[[str], Awaitable[tuple[int, str]]]
_SUCCEEDED, _GO_ON = 235, 334


async def logged_in(ask: Ask, offered: frozenset[str], url: RelayUrl) -> None:
    """Log in by the first of PLAIN, LOGIN and CRAM-MD5 that the relay offers.

    Raises SettingsError when it offers none of them, or refuses the user and password.
    """
    words = next((line.split() for line in offered if line.startswith("AUTH")), ["AUTH"])
    kinds = set(words[1:]) | {words[0].removeprefix("AUTH=")}
    for kind, login in _LOGINS.items():
        if kind in kinds:
            code = await login(ask, url)
            if code == _SUCCEEDED:
                return
            raise SettingsError(
                f"The relay {url.host}:{url.port} refuses the user and password in "
                f"NEWSLETTER_SMTP_URL ({code})."
            )
    raise SettingsError(
        f"The relay {url.host}:{url.port} asks for no password we could give "
        "(PLAIN, LOGIN or CRAM-MD5). Take user and password out of NEWSLETTER_SMTP_URL."
    )


async def _plain(ask: Ask, url: RelayUrl) -> int:
    told = _coded(f"\0{url.user}\0{url.password}")
    code, _ = await ask(f"AUTH PLAIN {told}")
    return code


async def _login(ask: Ask, url: RelayUrl) -> int:
    code, _ = await ask("AUTH LOGIN")
    for value in (url.user, url.password):
        if code != _GO_ON:
            return code
        code, _ = await ask(_coded(value))
    return code


async def _cram_md5(ask: Ask, url: RelayUrl) -> int:
    code, text = await ask("AUTH CRAM-MD5")
    if code != _GO_ON:
        return code
    digest = hmac.new(url.password.encode(), base64.b64decode(text), "md5").hexdigest()
    code, _ = await ask(_coded(f"{url.user} {digest}"))
    return code


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# In this order: the first is the one that every relay has, and needs one exchange.
_LOGINS: dict[str, Callable[[Ask, RelayUrl], Awaitable[int]]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
}
