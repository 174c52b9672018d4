"""Forecasts whether the next evening goes out: a verdict, its reason, and one line of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.forecast_rules import (
    Conditions,
    ForecastReason,
    ForecastVerdict,
    decide_verdict,
)
from newsletter.domain.editions.forecast_words import day_and_time, distance
from newsletter.domain.editions.states import is_frozen, is_open, is_sending, is_stopped
from newsletter.domain.newsletter import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The verdict on one evening. goes_out is None while that depends on news yet to come.

    on is its date, sends_at its minute; next_at is the next minute, this one or a later, at which
    something may leave. sentence is one line, in the newsletter's own time.
    """

    on: date
    sends_at: datetime
    next_at: datetime
    goes_out: bool | None
    reason: ForecastReason
    sentence: str


def pick_evening(
    newsletter: Newsletter, candidates: Iterable[Edition], *, now: datetime
) -> tuple[date, Edition | None]:
    """Return the date and the edition, if there is one, that the question is about at now.

    Last night's while it is under way or may still go out; today's, also when it is over; else the
    next one. A draft for a day that the newsletter has not does not go out, and is passed over.
    """
    editions = {known.on: known for known in candidates}
    today = schedule.local_date(newsletter, now)
    yesterday = today - timedelta(days=1)
    if _is_under_way(newsletter, yesterday, editions.get(yesterday), now):
        return yesterday, editions.get(yesterday)
    edition = editions.get(today)
    if _is_of_today(newsletter, today, edition, now):
        return today, edition
    on = schedule.next_date(newsletter, now)
    return on, editions.get(on)


def forecast_evening(
    newsletter: Newsletter,
    on: date,
    edition: Edition | None,
    conditions: Conditions,
    *,
    now: datetime,
) -> Forecast:
    """Return whether the evening that pick_evening has picked goes out as things stand at now."""
    sends_at = edition.sends_at if edition else schedule.sends_at(newsletter, on)
    is_over = edition is not None and not is_open(edition.status)
    next_at = sends_at
    if is_over or sends_at < now:
        next_at = _minute_after(newsletter, on, now)
    verdict = decide_verdict(newsletter, on, edition, conditions, now)
    sentence = _sentence(newsletter, sends_at, verdict, now)
    if is_over:
        sentence += f"; next {day_and_time(newsletter, next_at, now=now, begins=False)}"
    return Forecast(
        on=on,
        sends_at=sends_at,
        next_at=next_at,
        goes_out=verdict.goes_out,
        reason=verdict.reason,
        sentence=sentence,
    )


def _is_of_today(newsletter: Newsletter, on: date, edition: Edition | None, now: datetime) -> bool:
    """Return whether there is, or was, an evening today: one that began, or that is owed."""
    if edition is not None and is_frozen(edition):
        return True
    is_late = schedule.is_late(newsletter, schedule.sends_at(newsletter, on), now)
    return schedule.is_sending_day(newsletter, on) and (edition is not None or not is_late)


def _is_under_way(newsletter: Newsletter, on: date, edition: Edition | None, now: datetime) -> bool:
    if edition is None:
        return schedule.is_time_to_compose(newsletter, on, now)
    if is_stopped(edition):
        return edition.deadline_at is not None and now <= edition.deadline_at
    is_late = schedule.is_late(newsletter, edition.sends_at, now)
    may_go_out = is_open(edition.status) and schedule.is_sending_day(newsletter, on)
    return is_sending(edition.status) or (may_go_out and not is_late)


def _minute_after(newsletter: Newsletter, on: date, now: datetime) -> datetime:
    """Return the first minute that has not passed at now, of a date after on."""
    moment = max(now, schedule.sends_at(newsletter, on) + timedelta(seconds=1))
    return schedule.sends_at(newsletter, schedule.next_date(newsletter, moment))


def _sentence(
    newsletter: Newsletter, sends_at: datetime, verdict: ForecastVerdict, now: datetime
) -> str:
    when = day_and_time(newsletter, sends_at, now=now, begins=True)
    is_done = verdict.reason in {ForecastReason.SENT, ForecastReason.SENDING}
    start = when if is_done else f"{when} ({distance(sends_at, now)})"
    if verdict.goes_out is not False:
        return f"{start}: {verdict.facts}"
    return f"{start}: {_claim(verdict.reason, sends_at, now)}: {verdict.why}"


def _claim(reason: ForecastReason, sends_at: datetime, now: datetime) -> str:
    if reason is ForecastReason.STOPPED:
        return "does NOT go on"
    is_past = sends_at < now or reason in {ForecastReason.FAILED, ForecastReason.CANCELLED}
    return "did NOT go out" if is_past else "will NOT go out"
