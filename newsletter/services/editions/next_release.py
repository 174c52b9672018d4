"""Next release: which edition goes out next by the schedule, and why not an earlier one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition, EditionStatus
from newsletter.domain.editions.recomposition import release_minute
from newsletter.domain.newsletter import Newsletter
from newsletter.store import Session
from newsletter.store.editions import editions

_DAY = timedelta(days=1)
_OPEN = frozenset({EditionStatus.DRAFT, EditionStatus.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRelease:
    """The next edition: its date, its minute in UTC, and whether that is at once.

    held is why it does not go out unless somebody lets it; "" where nothing holds it. passed are
    sentences on editions of today and yesterday that are passed over.
    """

    on: date
    at: datetime
    is_at_once: bool
    held: str = ""
    passed: tuple[str, ...] = ()


def find_next_release(session: Session, newsletter: Newsletter, *, now: datetime) -> NextRelease:
    """Return the next edition that goes out, from yesterday's that may be within its grace on."""
    today = schedule.local_date(newsletter, now)
    on = today - _DAY
    passed: list[str] = []
    while True:
        edition = editions.by_date(session, newsletter.id, on)
        minute = release_minute(edition, newsletter) if edition else _minute(newsletter, on)
        reason = _why_not(newsletter, edition, on, minute=minute, now=now)
        if reason is None:
            is_held = edition is not None and edition.status is EditionStatus.HELD
            return NextRelease(
                on=on,
                at=max(minute, now),
                is_at_once=minute <= now,
                held=edition.reason if is_held and edition else "",
                passed=tuple(passed),
            )
        if on >= today and reason:
            passed.append(reason)
        on += _DAY


def _minute(newsletter: Newsletter, on: date) -> datetime:
    return schedule.sends_at(newsletter, on)


def _why_not(
    newsletter: Newsletter, edition: Edition | None, on: date, *, minute: datetime, now: datetime
) -> str | None:
    """Return why the edition of a date is passed over, "" for a day off; None when it is not."""
    if not schedule.is_sending_day(newsletter, on):
        waits = edition is not None and edition.status in _OPEN
        return f"The edition of {on} does not go out: {on:%A} is none of its days." if waits else ""
    is_late = schedule.is_late(newsletter, minute, now)
    if edition is None:
        there = minute.astimezone(schedule.zone(newsletter.zone))
        return f"Its minute of {on}, {there:%H:%M}, has passed." if is_late else None
    return _why_it_does_not(edition, is_due=minute <= now, is_late=is_late)


def _why_it_does_not(edition: Edition, *, is_due: bool, is_late: bool) -> str | None:
    """Return why an edition that was composed does not go out any more; None when it does."""
    name = f"The edition of {edition.on}"
    if edition.frozen_at is not None or edition.status is EditionStatus.CANCELLED:
        return f"{name} is out already."
    if not is_due:
        return None
    if edition.status in {EditionStatus.SKIPPED, EditionStatus.HELD}:
        return f"{name} is {edition.status}: {edition.reason}"
    if is_late:
        override = f"newsletter send --date {edition.on}"
        return f"{name} is too late by its minute, and is held. Send it all the same: {override}"
    return None
