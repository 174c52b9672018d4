"""The address of a relay, with what may be said of it behind the question mark."""

import re
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.errors import SettingsError

MOST_MESSAGES = 10_000  # On one connection; relays that cap it earlier say 421, and are asked anew.
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_LOGINS = frozenset({"plain", "login", "cram-md5", "xoauth2"})
_OPTIONS = ("weight", "connections", "messages", "auth", "plaintext")
_MOST_DIGITS = 6  # More is a slip of the keyboard, for any of the numbers.


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """smtp://user:password@host:port, smtps:// (TLS at once) or smtp+starttls:// in its parts.

    weight is its share of the connections beside other relays. connections caps those that one
    process has to it, 0 being no cap; messages those over one connection. auth names the only way
    to log in that is tried, "" being any that the relay offers and the password fits. ehlo_name is
    how it is greeted, "" being this host's own name.
    """

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    weight: int = 1
    connections: int = 0
    messages: int = MOST_MESSAGES
    auth: str = ""
    is_plaintext_allowed: bool = False
    ehlo_name: str = ""

    @property
    def name(self) -> str:
        """The host and port, as it is called in sentences."""
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises SettingsError naming NEWSLETTER_SMTP_URL when it is not such an address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise SettingsError(
                "NEWSLETTER_SMTP_URL is not the address of a relay. Write it as smtp://host:25, "
                "smtps://user:password@host or smtp+starttls://user:password@host:587."
            )
        options = _options(parts)
        user = unquote(parts.username or "")
        auth = options.get("auth", "").lower()
        if auth and (auth not in _LOGINS or not user):
            raise _wrong(f"auth is one of {', '.join(sorted(_LOGINS))}, with a user in the address")
        if options.get("plaintext", "yes") != "yes":
            raise _wrong("plaintext is yes, or left out")
        return cls(
            parts.scheme,
            parts.hostname,
            port or _PORTS[parts.scheme],
            user,
            unquote(parts.password or ""),
            weight=_number(options, "weight") or 1,
            connections=_number(options, "connections"),
            messages=_number(options, "messages") or MOST_MESSAGES,
            auth=auth,
            is_plaintext_allowed="plaintext" in options,
        )


def _options(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)
    names = [name for name, _ in pairs]
    unknown = sorted(set(names) - set(_OPTIONS))
    if unknown:
        raise _wrong(f"it has no {', '.join(unknown)}; there are {', '.join(_OPTIONS)}")
    if len(names) > len(set(names)):
        raise _wrong("each is said once")
    return dict(pairs)


def _number(options: dict[str, str], name: str) -> int:
    """The option's number, 0 when it is left out."""
    said = options.get(name, "0")
    if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
        raise _wrong(f"{name} is a number such as 8")
    return int(said)


def _wrong(why: str) -> SettingsError:
    return SettingsError(f"NEWSLETTER_SMTP_URL has an option that is wrong: {why}.")


_BETWEEN = re.compile(r"[\s,]+")  # Within an address both are written as %20 and %2C.


@dataclass(frozen=True, slots=True)
class RelaySet:
    """One relay or several, in the order in which they are written; none where none is set.

    setting is the text that they were parsed from, for a process that is started with it.
    """

    urls: tuple[RelayUrl, ...] = ()
    setting: str = field(default="", repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.urls)

    @classmethod
    def parse(cls, setting: str) -> Self:
        """Return the relays of NEWSLETTER_SMTP_URL: addresses with spaces or commas between them.

        Raises SettingsError naming the setting when one is not the address of a relay, has an
        option that is wrong, or stands there twice.
        """
        parts = _BETWEEN.split(setting.strip(" ,\t\r\n"))
        urls = tuple(map(RelayUrl.parse, parts))
        if len({(one.name, one.user) for one in urls}) < len(urls):
            raise SettingsError("NEWSLETTER_SMTP_URL names a relay twice; give it a weight.")
        return cls(urls, setting)

    def greeted_as(self, ehlo_name: str) -> Self:
        """Return them, each to be greeted with that name; "" is this host's own."""
        urls = tuple(replace(url, ehlo_name=ehlo_name) for url in self.urls)
        return replace(self, urls=urls)

    @property
    def by_weight(self) -> tuple[RelayUrl, ...]:
        """The heaviest first, which is asked first for a single letter."""
        return tuple(sorted(self.urls, key=lambda one: -one.weight))
