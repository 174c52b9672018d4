"""Evening in a zone, across daylight saving; the date it is there; deadline and lateness."""

import difflib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InputError, InvalidStateError

_ISO_WEEKDAYS = frozenset(range(1, 8))


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone of that name. Raises InputError, with the names that look like it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"{name!r} is not a time zone; {_hint(name)}.") from error


def sends_at(newsletter: Newsletter, on: date) -> datetime:
    """Return the minute at which the edition of that date goes out, in UTC.

    A wall time that the clocks skip that day is put off to the first minute that they show; one
    that they show twice is the first of the two (PEP 495).
    """
    return _first_shown(datetime.combine(on, newsletter.sends_at), zone(newsletter.zone))


def composes_at(newsletter: Newsletter, on: date) -> datetime:
    """Return when the edition of that date is composed: its cut-off, in UTC."""
    return sends_at(newsletter, on) - newsletter.compose_lead


def local_date(newsletter: Newsletter, now: datetime) -> date:
    """Return the date it is at now in the newsletter's zone."""
    return now.astimezone(zone(newsletter.zone)).date()


def is_sending_day(newsletter: Newsletter, on: date) -> bool:
    """Return whether an edition goes out on that date at all."""
    return on.isoweekday() in newsletter.days


def is_late(newsletter: Newsletter, minute: datetime, now: datetime) -> bool:
    """Return whether now is too late for an edition whose minute is given: past its grace."""
    return now > minute + newsletter.grace


def is_time_to_compose(newsletter: Newsletter, on: date, now: datetime) -> bool:
    """Return whether the edition of that date is owed at now: its time has come, its grace lasts.

    Past its grace it would only be held, so a service that slept longer leaves the date alone.
    """
    minute = sends_at(newsletter, on)
    has_come = minute - newsletter.compose_lead <= now
    return is_sending_day(newsletter, on) and has_come and not is_late(newsletter, minute, now)


def check_days(newsletter: Newsletter) -> None:
    """Raise InvalidStateError when there is no day of the week on which the newsletter goes out."""
    if not newsletter.days & _ISO_WEEKDAYS:
        raise InvalidStateError(
            f"{newsletter.name} has no day on which it goes out.",
            hint=f"Give it some: newsletter init --slug {newsletter.slug} --days daily",
        )


def next_date(newsletter: Newsletter, now: datetime) -> date:
    """Return the date of the next edition whose minute has not passed at now.

    Raises InvalidStateError when the newsletter has no day on which it goes out.
    """
    check_days(newsletter)
    on = local_date(newsletter, now)
    while not is_sending_day(newsletter, on) or sends_at(newsletter, on) < now:
        on += timedelta(days=1)
    return on


def _first_shown(wall: datetime, where: ZoneInfo) -> datetime:
    """Return the first moment, in UTC, at which clocks there show that wall time, or a later."""
    moment = wall.replace(tzinfo=where, fold=0).astimezone(UTC)
    if moment.astimezone(where).replace(tzinfo=None) == wall:
        return moment
    # In a gap fold=1 is read by the offset after it, and so lies before it (PEP 495): from there
    # the gap's end is at most its own length away, an hour mostly, a day at the date line.
    moment = wall.replace(tzinfo=where, fold=1).astimezone(UTC)
    while moment.astimezone(where).replace(tzinfo=None) < wall:
        moment += timedelta(minutes=1)
    return moment


def _hint(name: str) -> str:
    known = available_timezones()
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    # People write the city alone, and in any case: Beirut, new york.
    city = "/" + name.casefold().replace(" ", "_")
    near = [name for name in sorted(known) if name.casefold().endswith(city)] or near
    return f"perhaps {', '.join(near[:3])}" if near else "write one such as Asia/Beirut"
