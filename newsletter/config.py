"""Settings from the environment, checked; the clock; and the ports that services are handed."""

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.errors import SettingsError
from newsletter.feeds.fetch import FetchPolicy
from newsletter.services.ports import Ports
from newsletter.store import Store

PREFIX = "NEWSLETTER_"


class Settings(BaseSettings):
    """Everything that may be set, by environment variables with the prefix NEWSLETTER_.

    An empty database_url, redis_url or smtp_url means: use the embedded one in data_dir.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    database_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    secret_key: SecretStr = SecretStr("")
    public_url: str = "http://127.0.0.1:8000"
    editor_password: SecretStr = SecretStr("")
    data_dir: Path = Path(".data")
    allow_loopback_feeds: bool = False
    at: datetime | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be a web address such as https://news.example.org")
        return value.rstrip("/")

    @field_validator("at")
    @classmethod
    def _is_aware(cls, value: datetime | None) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        raise ValueError("must name its zone, such as 2026-01-02T17:00:00Z")


def load() -> Settings:
    """The settings of this process.

    Raises SettingsError with one sentence for each that is unknown or wrong.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    problems = [
        f"{name} is not a setting of this program; the settings are {', '.join(sorted(known))}."
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known
    ]
    if problems:
        raise SettingsError(" ".join(problems))
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from error


def clock(settings: Settings) -> Callable[[], datetime]:
    """What time it is: UTC; counted on from NEWSLETTER_AT where that replays an evening."""
    if settings.at is None:
        return lambda: datetime.now(UTC)
    ahead = settings.at.astimezone(UTC) - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead


def secret(settings: Settings) -> bytes:
    """The key that signs links and sessions; on one machine it is made once and kept in data_dir.

    Raises SettingsError when a database of your own is set but no key.
    """
    if given := settings.secret_key.get_secret_value():
        return given.encode()
    if settings.database_url:
        raise SettingsError(
            "NEWSLETTER_SECRET_KEY is not set. Links in the mail are signed with it, so it must be "
            "the same everywhere and stay the same. Make one: openssl rand -hex 32"
        )
    return _kept_secret(settings.data_dir / "secret")


def ports(settings: Settings, *, enqueue: Callable[[int, Sequence[int]], None]) -> Ports:
    """What services are handed, made of settings that name real servers."""
    return Ports(
        store=Store(settings.database_url),
        now=clock(settings),
        enqueue=enqueue,
        relay_url=settings.smtp_url,
        secret=secret(settings),
        public_url=settings.public_url,
        fetch=FetchPolicy(allow_loopback=settings.allow_loopback_feeds),
    )


def _kept_secret(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"NEWSLETTER_DATA_DIR is {path.parent}, which cannot be written to ({error.strerror})."
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes()


def _in_words(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        name = PREFIX + str(problem["loc"][0]).upper()
        said = problem["msg"].removeprefix("Value error, ")
        sentences.append(f"{name} is wrong: {said[0].lower()}{said[1:]}.")
    return " ".join(sentences)
