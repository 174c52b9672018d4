"""Next release: which edition goes out next by the schedule, and why not an earlier one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.recomposition import release_minute
from newsletter.domain.editions.states import (
    is_cancelled,
    is_frozen,
    is_held,
    is_skipped,
    waits_for_release,
)
from newsletter.domain.newsletter import Newsletter
from newsletter.store import Session
from newsletter.store.editions import editions

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRelease:
    """The next edition: its date, its minute in UTC, and whether that is at once.

    hold_reason is why it does not go out unless somebody lets it; "" where nothing holds it.
    passed_over are sentences on editions of today and yesterday that do not go out.
    """

    on: date
    at: datetime
    is_at_once: bool
    hold_reason: str = ""
    passed_over: tuple[str, ...] = ()


def find_next_release(session: Session, newsletter: Newsletter, *, now: datetime) -> NextRelease:
    """Return the next edition that goes out, from yesterday's that may be within its grace on.

    Raises InvalidStateError when the newsletter has no day on which it goes out.
    """
    schedule.check_days(newsletter)
    today = schedule.local_date(newsletter, now)
    on = today - _DAY
    passed_over: list[str] = []
    while True:
        edition = editions.by_date(session, newsletter.id, on)
        minute = (
            release_minute(edition, newsletter) if edition else schedule.sends_at(newsletter, on)
        )
        reason = _why_not(newsletter, edition, on, minute=minute, now=now)
        if reason is None:
            return NextRelease(
                on=on,
                at=max(minute, now),
                is_at_once=minute <= now,
                hold_reason=edition.reason if edition and is_held(edition.status) else "",
                passed_over=tuple(passed_over),
            )
        if on >= today and reason:
            passed_over.append(reason)
        on += _DAY


def _why_not(
    newsletter: Newsletter, edition: Edition | None, on: date, *, minute: datetime, now: datetime
) -> str | None:
    """Return why the edition of a date is passed over, "" for a day off; None when it is not."""
    if not schedule.is_sending_day(newsletter, on):
        waits = edition is not None and waits_for_release(edition.status)
        return f"The edition of {on} does not go out: {on:%A} is none of its days." if waits else ""
    is_late = schedule.is_late(newsletter, minute, now)
    if edition is None:
        there = minute.astimezone(schedule.zone(newsletter.zone))
        return f"Its minute of {on}, {there:%H:%M}, has passed." if is_late else None
    return _why_it_does_not(edition, is_due=minute <= now, is_late=is_late)


def _why_it_does_not(edition: Edition, *, is_due: bool, is_late: bool) -> str | None:
    """Return why an edition that was composed does not go out any more; None when it does."""
    name = f"The edition of {edition.on}"
    if is_frozen(edition) or is_cancelled(edition.status):
        return f"{name} is out already."
    if not is_due:
        return None
    if is_skipped(edition.status) or is_held(edition.status):
        return f"{name} is {edition.status}: {edition.reason}"
    if is_late:
        override = f"newsletter send --date {edition.on}"
        return f"{name} is too late by its minute, and is held. Send it all the same: {override}"
    return None
