"""Running servers for the settings: those of yours, and embedded ones where no URL is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from newsletter import embedded
from newsletter.config.secrets import with_secrets
from newsletter.config.settings import Settings
from newsletter.embedded import EmbeddedService
from newsletter.mail.smtp import RelaySet


@contextmanager
def engines(settings: Settings, *, need: frozenset[EmbeddedService]) -> Iterator[Settings]:
    """The settings with running servers in them: where no URL is set, an embedded one's.

    Raises SettingsError or UnreachableError when an embedded one cannot be had.
    """
    fields = {
        EmbeddedService.DATABASE: "database_url",
        EmbeddedService.REDIS: "redis_url",
        EmbeddedService.RELAY: "smtp_url",
    }
    missing = frozenset(engine for engine in need if not getattr(settings, fields[engine]))
    with embedded.engines(settings.data_dir, missing) as urls:
        filled: dict[str, Any] = {fields[engine]: url for engine, url in urls.items()}
        if "smtp_url" in filled:
            filled["smtp_url"] = RelaySet.parse(filled["smtp_url"])
        yield with_secrets(settings).model_copy(update=filled)
