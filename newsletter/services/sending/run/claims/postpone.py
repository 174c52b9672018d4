"""Postponing deliveries whose provider is too slow to get to them soon: until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from newsletter.domain.throttling.gate import SendGate
from newsletter.domain.throttling.limits import RECOVERY_DOUBLING_S, seconds_for
from newsletter.services.sending.run.claims.claimed_batch import PendingDelivery
from newsletter.services.sending.run.claims.throttled_queue import ThrottledQueue

# May wait in a run for one provider: at least as many as are taken up again at once, at most a
# second's worth of its pace, which is five turns, and no more than a run claims ahead.
LEAST_WAITING, MOST_WAITING = 64, 256
CHUNK = 64  # Are put off together.
# A pace doubles within a minute, and is over after four: who is put off is looked at as often.
MOST_POSTPONED_S = 60.0


@dataclass(frozen=True, slots=True)
class Postponement:
    """Deliveries for one provider that are put off together, for so many seconds from now."""

    pending: list[PendingDelivery]
    wait_s: float


class PostponementPlan:
    """When what is put off is due again, by provider: as its pace gets there, and a little earlier.

    Whoever comes too early is put off once more; whoever comes too late is time lost.
    """

    def __init__(self) -> None:
        self._booked_until: dict[str, float] = {}

    def postpone_surplus(
        self, throttled: ThrottledQueue, gate: SendGate, *, now: float
    ) -> Iterator[Postponement]:
        """Take out of throttled what its providers' paces do not reach soon. now counts seconds."""
        for provider, count in throttled.counts().items():
            per_s = max(gate.speed(provider), 1 / MOST_POSTPONED_S)
            room = ceil(min(max(LEAST_WAITING, per_s), MOST_WAITING))
            surplus = throttled.take_last(provider, max(0, count - room))
            for at in range(0, len(surplus), CHUNK):
                chunk = surplus[at : at + CHUNK]
                # Due when half of those that wait here are gone: there is time to claim it.
                earliest_s = seconds_for(room / 2, per_s)
                yield Postponement(chunk, self._book(provider, len(chunk), per_s, now, earliest_s))

    def _book(
        self, provider: str, count: int, per_s: float, now: float, earliest_s: float
    ) -> float:
        """Return in how many seconds the pace gets to the next so many."""
        wait_s = max(self._booked_until.get(provider, now) - now, earliest_s)
        if wait_s >= MOST_POSTPONED_S:
            return MOST_POSTPONED_S
        by_then = per_s * 2 ** (wait_s / RECOVERY_DOUBLING_S)
        self._booked_until[provider] = now + wait_s + seconds_for(count, by_then)
        return wait_s
