"""Somebody to subscribe, and the evidence that they wanted it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """Somebody to subscribe: the address as written and its key, and what else is known.

    paused_until is for an import only: who asks by themselves wants the next edition.
    """

    address: str
    address_key: str
    name: str = ""
    language: str = ""
    zone: str = ""
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """What was asked or said, by which means, from where: kept for ever with its time."""

    event: str
    channel: str
    remote_address: str = ""
