"""Evening in a zone, across daylight saving; the date it is there; deadline and lateness."""

import difflib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InputError


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises InputError, with the names that look like it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"{name!r} is not a time zone; {_hint(name)}.") from error


def sends_at(newsletter: Newsletter, on: date) -> datetime:
    """The minute at which the edition of that date goes out, in UTC.

    A wall time that the clocks skip that day is put off to the first minute that they show; one
    that they show twice is the first of the two (PEP 495).
    """
    return _first_shown(datetime.combine(on, newsletter.sends_at), zone(newsletter.zone))


def composes_at(newsletter: Newsletter, on: date) -> datetime:
    """When the edition of that date is composed: its cut-off, in UTC."""
    return sends_at(newsletter, on) - newsletter.compose_lead


def local_date(newsletter: Newsletter, now: datetime) -> date:
    """The date it is at now in the newsletter's zone."""
    return now.astimezone(zone(newsletter.zone)).date()


def is_sending_day(newsletter: Newsletter, on: date) -> bool:
    """Whether an edition goes out on that date at all."""
    return on.isoweekday() in newsletter.days


def is_late(newsletter: Newsletter, minute: datetime, now: datetime) -> bool:
    """Whether now is too late for an edition whose minute is given: past its grace."""
    return now > minute + newsletter.grace


def is_time_to_compose(newsletter: Newsletter, on: date, now: datetime) -> bool:
    """Whether the edition of that date is owed at now: composing time has come, grace has not gone.

    Past its grace it would only be held, so a service that slept longer leaves the date alone.
    """
    minute = sends_at(newsletter, on)
    has_come = minute - newsletter.compose_lead <= now
    return is_sending_day(newsletter, on) and has_come and not is_late(newsletter, minute, now)


def next_date(newsletter: Newsletter, now: datetime) -> date:
    """The date of the next edition whose minute has not passed at now."""
    on = local_date(newsletter, now)
    while not is_sending_day(newsletter, on) or sends_at(newsletter, on) < now:
        on += timedelta(days=1)
    return on


def _first_shown(wall: datetime, where: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which clocks there show that wall time or have passed it."""
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
    near = [zone for zone in sorted(known) if zone.casefold().endswith(city)] or near
    return f"perhaps {', '.join(near[:3])}" if near else "write one such as Asia/Beirut"
