"""Settings from the environment, checked; the clock; and the ports that services are handed."""

import logging
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from math import inf, nan
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import structlog
from pydantic import (
    NonNegativeInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter import embedded
from newsletter.domain.pacing import Limits
from newsletter.embedded import Engine
from newsletter.errors import SettingsError
from newsletter.feeds.policy import FetchPolicy
from newsletter.mail.dkim import Signer
from newsletter.mail.providers import connection_caps
from newsletter.services.ports import Ports
from newsletter.store import Store

PREFIX = "NEWSLETTER_"
_log = logging.getLogger(__name__)
# What a delivery's envelope sender begins with: its ids and a proof need the rest of 64 octets.
_BOX = re.compile(r"[a-z0-9][a-z0-9._-]{0,14}@[a-z0-9-]+(\.[a-z0-9-]+)+")
# They tell each step; the jobs themselves say what came of it.
_LOUD = ("httpx", "httpcore", "alembic", "mail.log", "celery", "kombu", "uvicorn")


class Settings(BaseSettings):
    """Everything that may be set, by environment variables with the prefix NEWSLETTER_.

    An empty database_url, redis_url or smtp_url means: use the embedded one in data_dir. An empty
    secret_key or editor_password means: one that is kept there.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    database_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    secret_key: SecretStr = SecretStr("")
    public_url: str = "http://127.0.0.1:8000"
    editor_password: SecretStr = SecretStr("")
    dkim: SecretStr = SecretStr("")
    data_dir: Path = Path(".data")
    bounces: str = ""
    # A year, and the month before it: an evening can be held against the same one last year.
    keep_months: NonNegativeInt = 13
    allow_loopback_feeds: bool = False
    rate_per_second: float = 0
    rate_per_day: int = 0
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

    @field_validator("bounces")
    @classmethod
    def _is_mailbox(cls, value: str) -> str:
        if not value or _BOX.fullmatch(value):
            return value
        raise ValueError(
            "must be a mailbox such as bounces@example.org, at most 15 letters and digits before @"
        )

    @field_validator("rate_per_second", "rate_per_day", mode="before")
    @classmethod
    def _is_rate(cls, value: float | str, info: ValidationInfo) -> float:
        """0 and nothing both mean that there is no limit."""
        is_whole = info.field_name == "rate_per_day"
        try:
            rate = float(value or 0)
        except ValueError:
            rate = nan
        if not 0 <= rate < inf or (is_whole and rate % 1):
            number = "a whole number of messages" if is_whole else "a number of messages"
            raise ValueError(f"must be {number}, 0 or more; 0 or nothing means no limit")
        return rate

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
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from error
    signers(settings)  # a key that cannot be read is told now, not when the first mail leaves
    clock(settings)()  # a replayed clock starts now, not at the first task an hour later
    return settings


def signers(settings: Settings) -> tuple[Signer, ...]:
    """Who signs the mail, a signer for each key of NEWSLETTER_DKIM. Raises SettingsError."""
    return _signers(settings.dkim.get_secret_value())


@cache
def _signers(keys: str) -> tuple[Signer, ...]:
    """Made once: to check an RSA key takes a tenth of a second."""
    if not keys:
        return ()
    from newsletter.mail import signing_keys

    found = signing_keys.signers(keys)
    if said := signing_keys.advice(found):
        _log.warning(said)
    return found


def clock(settings: Settings) -> Callable[[], datetime]:
    """What time it is: UTC; counted on from NEWSLETTER_AT where that replays an evening."""
    if settings.at is None:
        return lambda: datetime.now(UTC)
    ahead = _ahead(settings.at)
    return lambda: datetime.now(UTC) + ahead


@cache
def _ahead(at: datetime) -> timedelta:
    """How far the replayed clock is ahead; it starts when it is first looked at."""
    return at.astimezone(UTC) - datetime.now(UTC)


@contextmanager
def engines(settings: Settings, *, need: frozenset[Engine]) -> Iterator[Settings]:
    """The settings with running servers in them: where no URL is set, an embedded one's.

    Raises SettingsError or UnreachableError when an embedded one cannot be had.
    """
    fields = {
        Engine.DATABASE: "database_url",
        Engine.REDIS: "redis_url",
        Engine.RELAY: "smtp_url",
    }
    missing = frozenset(engine for engine in need if not getattr(settings, fields[engine]))
    with embedded.engines(settings.data_dir, missing) as urls:
        filled = {fields[engine]: url for engine, url in urls.items()}
        yield with_secrets(settings).model_copy(update=filled)


def with_secrets(settings: Settings) -> Settings:
    """The settings with a key and a password: where none is set, those kept in data_dir.

    Made at the first time. Raises SettingsError when nothing can be kept there.
    """
    if settings.database_url and not settings.secret_key.get_secret_value():
        _log.warning(
            "NEWSLETTER_SECRET_KEY is not set: links are signed with a key kept on this machine; "
            "set it before a second one serves them: openssl rand -hex 32"
        )
    kept = {"secret_key": 64, "editor_password": 20}
    missing = {
        name: SecretStr(_kept(settings.data_dir / name.replace("_", "-"), chars))
        for name, chars in kept.items()
        if not getattr(settings, name).get_secret_value()
    }
    return settings.model_copy(update=missing)


def configure_logging(settings: Settings) -> None:
    """Structured logs on standard error, as lines for people or JSON for machines."""
    is_json = settings.log_format == "json"
    is_colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    renderer = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=is_colour, pad_event_to=0, pad_level=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso" if is_json else "%H:%M:%S", utc=is_json),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for loud in _LOUD if settings.log_level != "DEBUG" else ():
        logging.getLogger(loud).setLevel(logging.WARNING)


def ports(
    settings: Settings,
    *,
    enqueue: Callable[[int, Sequence[int]], None],
    is_ending: Callable[[], bool] = lambda: False,
) -> Ports:
    """What services are handed, made of settings that engines() has completed."""
    return Ports(
        store=Store(settings.database_url),
        now=clock(settings),
        enqueue=enqueue,
        relay_url=settings.smtp_url,
        redis_url=settings.redis_url,
        secret=settings.secret_key.get_secret_value().encode(),
        public_url=settings.public_url,
        fetch=FetchPolicy(allow_loopback=settings.allow_loopback_feeds),
        journal=settings.data_dir.resolve() / "journal",
        is_ending=is_ending,
        signers=signers(settings),
        bounces=settings.bounces,
        limits=Limits(
            per_second=settings.rate_per_second,
            per_day=settings.rate_per_day,
            connections=connection_caps(),
        ),
    )


def _kept(path: Path, chars: int) -> str:
    """The secret in the file, made of so many hexadecimal digits when there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        setting = PREFIX + path.name.upper().replace("-", "_")
        raise SettingsError(
            f"{setting} is not set, and none can be kept in {path.parent} ({error.strerror}). "
            "Set it, or set NEWSLETTER_DATA_DIR to a folder that can be written to."
        ) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(chars // 2))
    return path.read_text()


def _in_words(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        name = PREFIX + str(problem["loc"][0]).upper()
        said = problem["msg"].removeprefix("Value error, ")
        sentences.append(f"{name} is wrong: {said[0].lower()}{said[1:]}.")
    return " ".join(sentences)
