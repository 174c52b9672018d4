"""A subscription's statuses, who may move where, and the reasons for ending."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubscriptionStatus(StrEnum):
    UNCONFIRMED = "unconfirmed"  # asked for; the address has not said yes, and gets no edition
    CONFIRMED = "confirmed"  # the address said yes; it gets every edition
    ENDED = "ended"  # gets nothing; the reason says why


class EndReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"  # the reader said so
    REMOVED = "removed"  # ops took the address off
    BOUNCED = "bounced"  # the address does not exist
    COMPLAINED = "complained"  # the reader reported the mail as spam


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscriber's subscription to one newsletter. zone is the reader's IANA zone, or empty.

    While paused_until has not come it gets no edition, and stays confirmed.
    """

    id: int
    newsletter_id: int
    subscriber_id: int
    address: str
    name: str = ""
    language: str = ""
    zone: str = ""
    status: SubscriptionStatus
    reason: EndReason | None = None
    requested_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    paused_until: datetime | None = None
