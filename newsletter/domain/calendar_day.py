"""Days and moments that a person typed, within the years in which there can be an edition."""

import re
from datetime import UTC, date, datetime

from newsletter.errors import InputError

# A century is more than any newsletter lives, and far enough from the years 1 and 9999 that no
# time zone leads out of what a computer can count.
FIRST_YEAR, LAST_YEAR = 2000, 2099
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_day(text: str) -> date:
    """Return the day. Raises InputError when it is none, or of no year we can have to do with."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is not a date; write it like 2026-01-02.") from error
    check_year(found, text)
    return found


def parse_moment(text: str) -> datetime:
    """Return the moment in UTC. Raises InputError when it is none, names no zone, or is far off."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is not a time; write it like 2026-01-02T17:00:00Z.") from error
    if found.tzinfo is None:
        raise InputError(f"{text!r} names no zone; write {text}Z for UTC, or {text}+02:00.")
    check_year(found, text)
    return found.astimezone(UTC)


def check_year(found: date, text: str) -> None:
    """Raises InputError when the day or moment is of no year that we can have to do with."""
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InputError(f"{text!r} is not of the years {FIRST_YEAR} to {LAST_YEAR}.")
