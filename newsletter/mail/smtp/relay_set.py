"""The set of relays that the setting names."""

import re
from dataclasses import dataclass, replace
from typing import Self

from newsletter.errors import SettingsError
from newsletter.mail.smtp.relay_url import RelayUrl

_BETWEEN = re.compile(r"[\s,]+")  # Within an address both are written as %20 and %2C.


@dataclass(frozen=True, slots=True)
class Relays:
    """One relay or several, in the order in which they are written."""

    urls: tuple[RelayUrl, ...]

    @classmethod
    def parse(cls, setting: str, *, ehlo_name: str = "") -> Self:
        """The relays of NEWSLETTER_SMTP_URL: addresses with spaces or commas between them.

        Each is greeted with ehlo_name, "" being this host's own name.

        Raises SettingsError naming the setting when one is not the address of a relay, has an
        option that is wrong, or stands there twice.
        """
        parts = _BETWEEN.split(setting.strip(" ,\t\r\n"))
        urls = tuple(replace(RelayUrl.parse(url), ehlo_name=ehlo_name) for url in parts)
        if len({(one.name, one.user) for one in urls}) < len(urls):
            raise SettingsError("NEWSLETTER_SMTP_URL names a relay twice; give it a weight.")
        return cls(urls)

    @property
    def by_weight(self) -> tuple[RelayUrl, ...]:
        """The heaviest first, which is asked first for a single letter."""
        return tuple(sorted(self.urls, key=lambda one: -one.weight))
