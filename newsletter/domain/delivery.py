"""Delivery states, and what an SMTP reply leads to."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class DeliveryStatus(StrEnum):
    QUEUED = "queued"  # not handed to any relay; waits for due_at
    SENDING = "sending"  # held by one worker, until its lease ends
    SENT = "sent"  # the relay answered 250; not yet known to be delivered
    FAILED = "failed"  # refused for good; the reply says why
    UNCERTAIN = "uncertain"  # the worker died between the last dot and the reply


class Next(StrEnum):
    SENT = "sent"  # the relay has it
    RETRY = "retry"  # ask again after wait
    FAILED = "failed"  # this address will not take it
    STOP = "stop"  # the refusal is about us: hold the run, blame nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An SMTP reply: three digits (0: the connection broke first), RFC 3463 code or "", text."""

    code: int
    enhanced: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    next: Next
    wait: timedelta | None = None
