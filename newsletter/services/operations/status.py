"""How the house is: newsletters with their next evening, editions, feeds, jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.forecast import Forecast, forecast_evening, pick_evening
from newsletter.domain.editions.forecast_rules import Conditions
from newsletter.domain.editions.recomposition import release_minute
from newsletter.domain.editions.states import is_frozen
from newsletter.domain.feed import Feed
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.subscription import SubscriptionStatus
from newsletter.services.ports import Ports
from newsletter.services.sending.sender_check import is_mailed_away
from newsletter.store import Session
from newsletter.store.collection import feeds
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions, newsletters
from newsletter.store.operations import job_runs
from newsletter.store.subscribers import subscribers

JOBS = ("collect", "compose", "dispatch", "recover", "retain")
OVERDUE_AFTER = timedelta(minutes=5)  # Each is called every minute; a long collect takes two.

Ticks = Mapping[str, tuple[datetime, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterStatus:
    """One newsletter: whether it goes out next, who reads it, and its last editions with counts."""

    newsletter: Newsletter
    forecast: Forecast
    subscriptions: dict[SubscriptionStatus, int]
    editions: tuple[Edition, ...]
    deliveries: dict[int, dict[DeliveryStatus, int]]

    @property
    def next_at(self) -> datetime:
        """The next minute at which something may leave."""
        return self.forecast.next_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole house at one moment."""

    at: datetime
    newsletters: tuple[NewsletterStatus, ...]
    feeds: tuple[Feed, ...]
    ticks: Ticks


def overdue_jobs(found: Status) -> tuple[str, ...]:
    """The jobs of the beat that have not run to their end within LATE, or never."""
    return _overdue(found.ticks, found.at)


def status(ports: Ports, *, last: int = 7, has_relay: bool = True) -> Status:
    """The status now, with each newsletter's last editions.

    has_relay says that a relay is set; without one the mail is kept.
    """
    now = ports.now()
    with ports.store.begin() as session:
        conditions = _conditions(session, ports, has_relay=has_relay)
        standings = []
        for newsletter in newsletters.list_all(session):
            heads = editions.list_recent(session, newsletter.id, limit=last)
            standing = NewsletterStatus(
                newsletter=newsletter,
                forecast=_forecast(session, newsletter, conditions, now),
                subscriptions=subscribers.counts(session, newsletter.id),
                editions=heads,
                deliveries=deliveries.counts(session, [head.id for head in heads]),
            )
            standings.append(standing)
        return Status(
            at=now,
            newsletters=tuple(standings),
            feeds=feeds.list_all(session),
            ticks=job_runs.list_all(session),
        )


def read_forecast(ports: Ports, newsletter: Newsletter) -> Forecast:
    """Return whether the newsletter's next evening goes out, as things stand now."""
    with ports.store.begin() as session:
        return _forecast(session, newsletter, _conditions(session, ports), ports.now())


def _conditions(session: Session, ports: Ports, *, has_relay: bool = True) -> Conditions:
    """What every evening depends on, of whichever newsletter."""
    known = feeds.list_all(session)
    return Conditions(
        readers=0,
        feeds=len(known),
        polled=sum(feed.is_polled for feed in known),
        failing=sum(feed.is_polled and bool(feed.failures) for feed in known),
        overdue_jobs=_overdue(job_runs.list_all(session), ports.now()),
        has_relay=has_relay,
        is_mailed_away=is_mailed_away(ports),
    )


def _forecast(
    session: Session, newsletter: Newsletter, conditions: Conditions, now: datetime
) -> Forecast:
    today = schedule.local_date(newsletter, now)
    dates = {today - timedelta(days=1), today, schedule.next_date(newsletter, now)}
    known = [editions.by_date(session, newsletter.id, on) for on in sorted(dates)]
    on, edition = pick_evening(newsletter, filter(None, known), now=now)
    readers = subscribers.counts(session, newsletter.id)
    conditions = replace(conditions, readers=readers[SubscriptionStatus.CONFIRMED])
    if edition is not None:
        if not is_frozen(edition):  # the schedule may have been changed since it was composed
            edition = replace(edition, sends_at=release_minute(edition, newsletter))
        conditions = replace(
            conditions,
            stories=len(edition.stories),
            deliveries=deliveries.counts(session, [edition.id])[edition.id],
        )
    return forecast_evening(newsletter, on, edition, conditions, now=now)


def _overdue(ran: Ticks, now: datetime) -> tuple[str, ...]:
    return tuple(job for job in JOBS if job not in ran or now - ran[job][0] > OVERDUE_AFTER)
