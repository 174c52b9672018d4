"""How long one run takes further batches, and when it gives back what is left."""

OVERTIME_S = 10.0  # A run that is paced gives back what it has not sent so long after its claims.


class ClaimPeriod:
    """A run's time for claims, and as long after it as a relay takes for what was under way then.

    A run cannot end before the relay has answered: RFC 5321 (4.5.3.2.6) gives a message ten
    minutes. So its other connections go on meanwhile. What they begin after the period's end does
    not prolong it. Times are seconds on one clock.
    """

    def __init__(self) -> None:
        """Open; it has no end before begin()."""
        self._ends_at = float("inf")
        self._slow: set[int] | None = None  # of what was under way at the end, what has no answer
        self.is_open = True

    def begin(self, *, now: float, for_s: float) -> None:
        """Set its end."""
        self._ends_at = now + for_s

    def update(self, in_flight: set[int], *, now: float) -> None:
        """Close it when its time is over; in_flight are the messages that have no answer now."""
        if not self.is_open or now <= self._ends_at:
            return
        self._slow = in_flight if self._slow is None else self._slow & in_flight
        self.is_open = bool(self._slow)
        if self.is_open:
            self._ends_at = now

    def is_overtime(self, now: float) -> bool:
        """Whether it has been over for so long that what waits for a permit is given back."""
        return now > self._ends_at + OVERTIME_S
