"""What init promises: when the next edition goes out, in words."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.domain import schedule
from newsletter.domain.newsletter import Newsletter

if TYPE_CHECKING:
    from newsletter.services.editions.next_release import NextRelease

_A_DAY, _AN_HOUR = timedelta(days=1), timedelta(hours=1)


def promise_lines(newsletter: Newsletter, coming: "NextRelease", now: datetime) -> list[str]:
    """Return what is passed over and why, and when the next edition goes out."""
    there = coming.at.astimezone(schedule.zone(newsletter.zone))
    day = f"The edition of {coming.on}"
    if coming.is_at_once:
        grace = f"{newsletter.grace // timedelta(minutes=1)} minutes"
        line = f"{day} goes out at once: its minute has passed, but not its grace of {grace}."
    else:
        date = there.strftime("%A, %d %B %Y, %H:%M")
        line = f"The next edition goes out on {date}, in {_duration(coming.at - now)}."
    hold = f"It is held, and waits for newsletter approve: {coming.hold_reason}"
    return [*coming.passed_over, line, *([hold] if coming.hold_reason else [])]


def _duration(left: timedelta) -> str:
    """Return a time as people say it, rounded to minutes."""
    left = timedelta(minutes=round(left / timedelta(minutes=1)))
    days, hours = left // _A_DAY, left % _A_DAY // _AN_HOUR
    minutes = left % _AN_HOUR // timedelta(minutes=1)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than a minute"
