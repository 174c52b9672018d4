"""Subscribers added, paused and removed one by one, by an operator."""

from datetime import date, datetime, time

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.schedule import zone
from newsletter.domain.subscribers.consent import ConsentEvent, NewSubscriber
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.domain.subscribers.subscription import EndReason
from newsletter.errors import InputError, NotFoundError
from newsletter.store import Store
from newsletter.store.subscribers import consent, subscribers


def add(store: Store, newsletter: Newsletter, address: str, *, now: datetime) -> bool:
    """Whether the address is newly subscribed, confirmed on an operator's word."""
    parsed = parse_address(address)
    reader = NewSubscriber(address=parsed.address, address_key=parsed.key)
    with store.begin() as session:
        return bool(subscribers.import_confirmed(session, newsletter.id, [reader], now=now))


def pause(
    store: Store, newsletter: Newsletter, address: str, *, until: date | None, now: datetime
) -> datetime | None:
    """Send the address nothing until that day begins in the newsletter's zone; None ends a pause.

    When the pause ends. Raises InputError for a day that has begun, NotFoundError when the address
    is not confirmed.
    """
    ends_at = datetime.combine(until, time(), zone(newsletter.zone)) if until else None
    if ends_at is not None and ends_at <= now:
        raise InputError(f"{until} has begun in {newsletter.zone}; a pause ends on a later day.")
    with store.begin() as session:
        found = subscribers.by_address(session, newsletter.id, parse_address(address).key)
        if found is None or not subscribers.pause(session, found.id, until=ends_at):
            raise NotFoundError(f"{address} is not subscribed to {newsletter.name}.")
        event = "paused" if ends_at else "resumed"
        evidence = ConsentEvent(event=event, channel="command line")
        consent.record_consent(session, [found.id], evidence, now=now)
    return ends_at


def remove(store: Store, newsletter: Newsletter, address: str, *, now: datetime) -> None:
    """End the address's subscription. Raises NotFoundError when it has none."""
    with store.begin() as session:
        found = subscribers.by_address(session, newsletter.id, parse_address(address).key)
        if found is None:
            raise NotFoundError(f"{address} is not subscribed to {newsletter.name}.")
        if subscribers.end(session, found.id, EndReason.REMOVED, now=now):
            evidence = ConsentEvent(event="removed", channel="command line")
            consent.record_consent(session, [found.id], evidence, now=now)
