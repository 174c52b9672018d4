"""What the ledger says of an edition's deliveries: each of them, and counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from newsletter.domain.delivery.status import DeliveryStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the ledger, with the address it is for; "" once the subscriber is gone."""

    subscriber_id: int
    address: str
    status: DeliveryStatus
    attempts: int
    reply_code: int | None
    reply: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An edition's deliveries counted; queued includes sending and deferred, which were tried."""

    queued: int
    sending: int
    deferred: int
    sent: int
    failed: int
    uncertain: int

    @property
    def total(self) -> int:
        return self.queued + self.sent + self.failed + self.uncertain


class DeliveryState(NamedTuple):
    """How one delivery stands. is_repeat: somebody had it sent again while it was uncertain."""

    subscriber_id: int
    status: str
    attempts: int
    is_repeat: bool


class DomainCount(NamedTuple):
    """How many are in one state; domain is "" where it is none that was named."""

    domain: str
    status: DeliveryStatus
    is_deferred: bool
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryableCounts:
    """The failed: ready to be tried again, or not, because the reader left, may not be written to,
    or is in a batch that a worker has.
    """

    ready: int = 0
    left: int = 0
    suppressed: int = 0
    in_hand: int = 0
