"""Settings from the environment, each checked by whoever knows what it is."""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from math import inf, nan
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import NonNegativeInt, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from newsletter.config.public_url import is_public, parse_public_url
from newsletter.config.redis_url import parse_redis_url
from newsletter.config.secret_strength import check_key, check_password
from newsletter.domain.client_address import USUAL_PROXIES, TrustedProxies
from newsletter.domain.ehlo_name import check_ehlo_name
from newsletter.errors import SettingsError
from newsletter.mail.message.dkim import Signer
from newsletter.mail.smtp import RelaySet
from newsletter.store.database.url import parse_database_url

PREFIX = "NEWSLETTER_"
_log = logging.getLogger(__name__)
# What a delivery's envelope sender begins with: its ids and a proof need the rest of 64 octets.
_BOX = re.compile(r"[a-z0-9][a-z0-9._-]{0,14}@[a-z0-9-]+(\.[a-z0-9-]+)+")


class Settings(BaseSettings):
    """Everything that may be set, by environment variables with the prefix NEWSLETTER_.

    What is empty is not set. Without a database_url, redis_url or smtp_url the embedded one in
    data_dir is used; without a secret_key or editor_password, one that is kept there.
    """

    # Empty is not set: so compose files and unit files can pass on every setting.
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    database_url: str = ""
    redis_url: str = ""
    # Parsed here and nowhere else; NoDecode: it is no JSON.
    smtp_url: Annotated[RelaySet, NoDecode] = RelaySet()
    ehlo_name: str = ""
    # Before the secrets: how strong they have to be depends on who can reach the pages.
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: str = USUAL_PROXIES
    secret_key: SecretStr = SecretStr("")
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

    @field_validator("database_url", "redis_url", "ehlo_name", "trusted_proxies", "dkim")
    @classmethod
    def _is_understood(cls, value: Any, info: ValidationInfo) -> Any:
        """What its own room can read; a Redis URL comes back in the form that all clients take."""
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text:
            return value
        try:
            read = _READERS[str(info.field_name)](text)
        except SettingsError as error:
            raise ValueError(str(error)) from error
        return read if info.field_name == "redis_url" else value

    @field_validator("smtp_url", mode="before")
    @classmethod
    def _is_relay_set(cls, value: RelaySet | str) -> RelaySet:
        if isinstance(value, RelaySet):
            return value
        try:
            return RelaySet.parse(value) if value else RelaySet()
        except SettingsError as error:
            raise ValueError(str(error)) from error

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        return parse_public_url(value)

    @field_validator("secret_key", "editor_password")
    @classmethod
    def _is_strong(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if not value.get_secret_value():
            return value
        check = check_key if info.field_name == "secret_key" else check_password
        is_exposed = is_public(info.data.get("public_url", ""))
        check(value.get_secret_value(), is_public=is_exposed)
        return value

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


@cache
def parse_signers(keys: str) -> tuple[Signer, ...]:
    """Return the signers of NEWSLETTER_DKIM. Made once: to check an RSA key takes 0.1 s.

    Raises SettingsError with a sentence that holds nothing of a key.
    """
    if not keys:
        return ()
    from newsletter.mail.message import dkim_keys

    signers = dkim_keys.parse_signers(keys)
    if advice := dkim_keys.key_warnings(signers):
        _log.warning(advice)
    return signers


_READERS: dict[str, Callable[[str], Any]] = {
    "database_url": parse_database_url,
    "redis_url": parse_redis_url,
    "ehlo_name": check_ehlo_name,
    "trusted_proxies": TrustedProxies.parse,
    "dkim": parse_signers,
}
