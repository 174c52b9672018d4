"""How the house is: newsletters with their next evening, editions, feeds, jobs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscription import SubscriptionStatus
from newsletter.store import Store, deliveries, editions, feeds, newsletters, subscribers, ticks
from newsletter.store.feeds import Feed

JOBS = ("collect", "compose", "dispatch", "recover", "retain")
LATE = timedelta(minutes=5)  # Each is called every minute; a long collect takes two.


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One newsletter: when it goes out next, who reads it, and its last editions with counts."""

    newsletter: Newsletter
    next_at: datetime
    readers: dict[SubscriptionStatus, int]
    editions: tuple[Edition, ...]
    deliveries: dict[int, dict[DeliveryStatus, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole house at one moment."""

    at: datetime
    newsletters: tuple[Standing, ...]
    feeds: tuple[Feed, ...]
    ticks: dict[str, tuple[datetime, str]]


def late_jobs(found: Status) -> tuple[str, ...]:
    """The jobs of the beat that have not run to their end within LATE, or never."""
    return tuple(
        job for job in JOBS if job not in found.ticks or found.at - found.ticks[job][0] > LATE
    )


def status(store: Store, *, now: datetime, last: int = 7) -> Status:
    """The status at now, with each newsletter's last editions."""
    with store.begin() as session:
        standings = []
        for newsletter in newsletters.every(session):
            heads = editions.heads(session, newsletter.id, limit=last)
            standing = Standing(
                newsletter=newsletter,
                next_at=schedule.sends_at(newsletter, schedule.next_date(newsletter, now)),
                readers=subscribers.counts(session, newsletter.id),
                editions=heads,
                deliveries=deliveries.counts(session, [head.id for head in heads]),
            )
            standings.append(standing)
        return Status(
            at=now,
            newsletters=tuple(standings),
            feeds=feeds.every(session),
            ticks=ticks.every(session),
        )
