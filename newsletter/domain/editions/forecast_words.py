"""Days, times, durations and numbers as a forecast's one line says them, in English."""

from datetime import datetime
from math import ceil

from newsletter.domain import schedule
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.text.clean import clean_line

_EVENING_HOUR = 17  # From then on a minute of today is tonight's.
_WEEK_DAYS = 7  # A weekday's name alone means the one within the next seven days.
_REASON_CHARS = 240  # The sentence stays one line; the whole reason stands beside the edition.


def day_and_time(newsletter: Newsletter, moment: datetime, *, now: datetime, begins: bool) -> str:
    """Return such as "Tonight 18:30", "Tomorrow 18:30" or "Friday 18:30", in its newsletter's zone.

    begins says that the sentence begins with it; weekdays have a capital letter everywhere.
    """
    there = moment.astimezone(schedule.zone(newsletter.zone))
    days = (there.date() - schedule.local_date(newsletter, now)).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days == 0 and there.hour >= _EVENING_HOUR:
        day = "tonight"
    elif days in near:
        day = near[days]
    elif 0 < days < _WEEK_DAYS:
        day = f"{there:%A}"
    else:
        day = f"{there:%A} {there.day} {there:%B}"
    return f"{day.capitalize() if begins and day.islower() else day} {there:%H:%M}"


def clock_time(newsletter: Newsletter, moment: datetime) -> str:
    """Return what clocks in the newsletter's zone show at the moment."""
    return f"{moment.astimezone(schedule.zone(newsletter.zone)):%H:%M}"


def distance(moment: datetime, now: datetime) -> str:
    """Return how far the moment is from now: "in 2 h 11 min", "12 min ago", "now"."""
    seconds = (moment - now).total_seconds()
    minutes = ceil(seconds / 60) if seconds > 0 else int(-seconds // 60)
    if minutes == 0:
        return "now"
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "day" if days == 1 else "days"), (rest // 60, "h"), (rest % 60, "min")]
    length = " ".join(f"{number} {unit}" for number, unit in parts if number)
    return f"in {length}" if seconds > 0 else f"{length} ago"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return the number with what is counted: "1 story", "14 stories", "2,300 readers"."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def quote_reason(text: str) -> str:
    """Return a reason on one line, without its full stop, as a part of a longer sentence."""
    return clean_line(text, max_chars=_REASON_CHARS).removesuffix(".")
