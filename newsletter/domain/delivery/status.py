"""Delivery states, and what an SMTP reply leads to."""

from enum import StrEnum


class DeliveryStatus(StrEnum):
    QUEUED = "queued"  # not handed to any relay; waits for due_at
    SENDING = "sending"  # held by one worker, until its lease ends
    SENT = "sent"  # the relay answered 250; not yet known to be delivered
    FAILED = "failed"  # refused for good; the reply says why
    UNCERTAIN = "uncertain"  # the worker died between the last dot and the reply
