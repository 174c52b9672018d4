"""The gate in front of each message: one run's permits, and what its replies say about speed."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.throttling.limits import SERVICE, Ask, Grants
from newsletter.domain.throttling.throttle_replies import Slows, slows

# A provider that defers so many in a row, in whatever words, has had enough. A few are greylisting.
DEFERRALS = 20
# A speed is the mean of the last seconds, so that a reply that took some still finds it.
HALF_LIFE_S = 5.0
# Asked for beyond twice what the last turn used, by a run that was held back: a fifth of a second
# at full speed is reached in five turns, and a small quota is not asked for the day's messages.
EAGER = 64
# What a provider with a cap on connections takes is known after so long; until then suppose this.
MEASURED_S = 2.0
SUPPOSED_PER_S = 64.0
SPARE = 8  # In hand beyond what the last turn used, so that an uneven turn does not wait.


@dataclass(slots=True)
class _Lane:
    """What one provider, or the whole service, is given."""

    permits: float = inf
    connections: float = inf
    rate: float = inf  # messages a second that its pace allows to all runs
    in_flight: int = 0
    taken: int = 0  # since the last turn
    is_wanting: bool = False  # a message waited for a permit since the last turn
    deferrals: int = 0  # in a row
    messages: float = 0.0  # of the last seconds, the older the less
    seconds: float = 0.0

    def measured(self, elapsed: float) -> None:
        kept = 0.5 ** (elapsed / HALF_LIFE_S)
        self.messages = self.messages * kept + self.taken
        self.seconds = self.seconds * kept + elapsed

    @property
    def per_s(self) -> float:
        return self.messages / self.seconds if self.seconds else 0.0

    @property
    def needs(self) -> int:
        """How many permits the next turn may use, judged by the last."""
        if self.is_wanting:
            return 2 * self.taken + EAGER
        return self.taken + self.taken // 2 + SPARE if self.taken else 0

    @property
    def is_idle(self) -> bool:
        return not (self.in_flight or self.taken or self.is_wanting)


class Pacer:
    """Whether a message may go out now. Nothing may before the first grants.

    It belongs to one run and is used from one thread; only what lies between asks and granted, the
    exchange with the others, may take place elsewhere. Where nothing is limited a message costs
    two look-ups in a dict.
    """

    def __init__(self, *, now: float) -> None:
        """Closed. now counts seconds, on the clock that asks is given."""
        self._service = _Lane(permits=0)
        self._lanes: dict[str, _Lane] = {}
        self._limited: frozenset[str] = frozenset()
        self._shares: Mapping[str, int] = {}
        self._slowed: set[str] = set()
        self._back: dict[str, int] = {}
        self._asked_at = now

    @property
    def is_open(self) -> bool:
        """Whether any message may begin, whomever it is for."""
        if self._service.permits >= 1:
            return True
        self._service.is_wanting = True
        return False

    def may(self, provider: str) -> bool:
        """Whether a message to this provider may begin."""
        service = self._service
        if service.permits < 1:
            service.is_wanting = True
            return False
        lane = self._lanes.get(provider) or self._opened(provider)
        if lane.permits < 1:
            lane.is_wanting = True
            return False
        return lane.in_flight < lane.connections

    def speed(self, provider: str) -> float:
        """Return how many messages a second may go to this provider, as far as that is known.

        By its pace where it said slower; by what it took lately where only the messages in flight
        to it are limited.
        """
        lane = self._lanes.get(provider)
        if lane is None:
            return inf
        if lane.connections == inf or lane.rate < inf:
            return lane.rate
        return lane.per_s if lane.seconds > MEASURED_S else SUPPOSED_PER_S

    @property
    def permits(self) -> float:
        """How many messages may begin before the next grants, whomever they are for."""
        return self._service.permits

    def allowance(self, provider: str) -> float:
        """Return how many messages to this provider there is a use for before the next grants.

        Of a provider to which only so many may be on their way, twice that: as they are answered
        the next ones follow.
        """
        lane = self._lanes.get(provider)
        if lane is not None:
            permits, connections = lane.permits, lane.connections
        else:
            permits = 0 if provider in self._limited else inf
            connections = self._shares.get(provider, inf)
        return min(self._service.permits, permits, 2 * connections)

    def took(self, provider: str) -> None:
        """One begins; may has just said yes."""
        service = self._service
        service.permits -= 1
        service.taken += 1
        lane = self._lanes.get(provider) or self._opened(provider)
        lane.permits -= 1
        lane.taken += 1
        lane.in_flight += 1

    def returned(self, provider: str) -> None:
        """One that was taken has not begun after all."""
        service, lane = self._service, self._lanes[provider]
        service.permits += 1
        service.taken = max(0, service.taken - 1)
        lane.permits += 1
        lane.taken = max(0, lane.taken - 1)
        lane.in_flight -= 1

    def answered(self, provider: str, reply: Reply) -> None:
        """This came back. To whoever said slower nothing more goes before the next grants."""
        lane = self._lanes[provider]
        lane.in_flight -= 1
        if 200 <= reply.code < 300:  # noqa: PLR2004  # RFC 5321 4.2.1: completed
            lane.deferrals = 0
            return
        lane.deferrals = lane.deferrals + 1 if 400 <= reply.code < 500 else 0  # noqa: PLR2004
        whom = slows(reply)
        if whom is Slows.SERVICE:
            self._stopped(SERVICE, self._service)
        elif whom is Slows.PROVIDER or lane.deferrals >= DEFERRALS:
            lane.deferrals = 0
            self._stopped(provider, lane)

    def asks(self, now: float) -> Ask:
        """What to tell the others and to ask of them. What it gives back is out of its hand."""
        elapsed, self._asked_at = now - self._asked_at, now
        used = self._service.taken
        held: dict[str, int] = {}
        wanted: dict[str, int] = {}
        lanes = {SERVICE: self._service} | self._lanes
        for name, lane in lanes.items():
            if name == SERVICE or name in self._limited:
                wanted[name] = self._balanced(name, lane)
            if name in self._limited:
                held[name] = max(0, int(lane.permits))
            lane.measured(elapsed)
            lane.taken = 0
        ask = Ask(
            held=held,
            wanted={name: count for name, count in wanted.items() if count},
            back=self._back,
            in_flight={name: lanes[name].in_flight for name in self._shares if name in lanes},
            slowed={name: lanes[name].per_s for name in self._slowed if name in lanes},
            per_s=self._service.per_s,
            used=used,
        )
        self._back, self._slowed = {}, set()
        return ask

    def granted(self, grants: Grants) -> None:
        """Go by these from now on."""
        self._limited = frozenset(grants.permits)
        self._shares = grants.shares
        self._limit(SERVICE, self._service, grants)
        for name, lane in list(self._lanes.items()):
            self._limit(name, lane, grants)
            is_empty = lane.permits == inf or lane.permits < 1
            if lane.is_idle and is_empty and name not in self._slowed:
                del self._lanes[name]  # a million readers have more domains than we can keep
            lane.is_wanting = False
        self._service.is_wanting = False

    def _limit(self, name: str, lane: _Lane, grants: Grants) -> None:
        lane.connections = grants.shares.get(name, inf)
        lane.rate = grants.rates.get(name, inf)
        more = grants.permits.get(name)
        if more is None:
            lane.permits = inf
        else:
            lane.permits = more + (0 if lane.permits == inf else lane.permits)

    def _balanced(self, name: str, lane: _Lane) -> int:
        """How many more permits it wants; those that it does not need are on their way back."""
        if lane.permits == inf:
            return lane.needs
        spare = int(lane.permits) - lane.needs
        if spare > 0:
            lane.permits -= spare
            self._back[name] = self._back.get(name, 0) + spare
        return max(0, -spare)

    def _stopped(self, name: str, lane: _Lane) -> None:
        self._slowed.add(name)
        if lane.permits != inf:
            self._back[name] = self._back.get(name, 0) + max(0, int(lane.permits))
        lane.permits = 0

    def _opened(self, provider: str) -> _Lane:
        permits = 0 if provider in self._limited else inf
        lane = _Lane(permits=permits, connections=self._shares.get(provider, inf))
        self._lanes[provider] = lane
        return lane
