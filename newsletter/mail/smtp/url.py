"""The address of a relay."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from newsletter.errors import SettingsError

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """smtp://user:password@host:port, smtps:// (TLS at once) or smtp+starttls:// in its parts."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises SettingsError naming NEWSLETTER_SMTP_URL when it is not such an address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingsError(
                "NEWSLETTER_SMTP_URL is not the address of a relay. Write it as smtp://host:25, "
                "smtps://user:password@host or smtp+starttls://user:password@host:587."
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)
