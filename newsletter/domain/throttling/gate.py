"""The gate in front of each message: one run's permits, and what its replies say about speed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.throttling.limits import (
    ALL_PROVIDERS,
    PERMIT_LASTS_S,
    PermitGrant,
    PermitRequest,
)
from newsletter.domain.throttling.throttle_replies import ThrottleScope, throttle_scope

# A provider that defers so many in a row, in whatever words, has had enough. A few are greylisting.
DEFERRALS = 20
# A speed is the mean of the last seconds, so that a reply that took some still finds it.
HALF_LIFE_S = 5.0
# Extra permits that a run asks for when it was held back, on top of twice its last use: it reaches
# full speed within five exchanges, and does not ask for a small day's quota at once.
EAGER = 64
# What a provider with a cap on connections takes is known after so long; until then suppose this.
MEASURED_S = 2.0
SUPPOSED_PER_S = 64.0
SPARE = 8  # Permits beyond the last use, so that an uneven exchange does not wait.


@dataclass(slots=True)
class _ProviderState:
    """What one provider, or the whole service, is granted, and has used of it."""

    permits: float = inf
    connections: float = inf
    rate: float = inf  # messages a second that all runs together may send
    in_flight: int = 0
    used: int = 0  # since the last exchange
    is_waiting: bool = False  # a message waited for a permit since the last exchange
    deferrals: int = 0  # in a row
    messages: float = 0.0  # of the last seconds, the older the less
    seconds: float = 0.0

    @property
    def per_s(self) -> float:
        return self.messages / self.seconds if self.seconds else 0.0

    @property
    def needs(self) -> int:
        """How many permits may be used before the next exchange, judged by the last."""
        if self.is_waiting:
            return 2 * self.used + EAGER
        return self.used + self.used // 2 + SPARE if self.used else 0

    @property
    def is_idle(self) -> bool:
        is_empty = self.permits == inf or self.permits < 1
        return is_empty and not (self.in_flight or self.used or self.is_waiting)

    def measure(self, elapsed_s: float) -> None:
        weight = 0.5 ** (elapsed_s / HALF_LIFE_S)
        self.messages = self.messages * weight + self.used
        self.seconds = self.seconds * weight + elapsed_s

    def give_back(self, most: float = inf) -> int:
        """Take out permits, all or so many; return how many, 0 where there is no limit."""
        count = 0 if self.permits == inf else max(0, int(min(most, self.permits)))
        self.permits -= count
        return count


class SendGate:
    """Whether a message may go out now. Nothing may before the first grant.

    It belongs to one run and is used from one thread. Where nothing is limited a message costs two
    look-ups in a dict. clock counts seconds; permits lapse after PERMIT_LASTS_S, so that a run that
    stood still does not send what it held when it goes on.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Closed."""
        self._clock = clock
        self._service = _ProviderState(permits=0)
        self._providers: dict[str, _ProviderState] = {}
        self._limited: frozenset[str] = frozenset()
        self._connections: Mapping[str, int] = {}
        self._throttled: set[str] = set()
        self._back: dict[str, int] = {}
        self._requested_at = self._granted_at = clock()

    @property
    def is_open(self) -> bool:
        """Whether any message may begin, whomever it is for."""
        return self._has_permit(self._service)

    @property
    def is_throttled(self) -> bool:
        """Whether somebody throttled us and the others have not heard of it."""
        return bool(self._throttled)

    def can_send(self, provider: str) -> bool:
        """Whether a message to this provider may begin."""
        if not self._has_permit(self._service):
            return False
        state = self._providers.get(provider) or self._add(provider)
        return self._has_permit(state) and state.in_flight < state.connections

    def speed(self, provider: str) -> float:
        """Return how many messages a second may go to this provider, as far as that is known.

        By its rate where it throttled us; by what it took lately where only the messages in flight
        to it are limited.
        """
        state = self._providers.get(provider)
        if state is None:
            return inf
        if state.connections == inf or state.rate < inf:
            return state.rate
        return state.per_s if state.seconds > MEASURED_S else SUPPOSED_PER_S

    @property
    def permits(self) -> float:
        """How many messages may begin before the next grant, whomever they are for."""
        return self._service.permits

    def allowance(self, provider: str) -> float:
        """Return how many messages to this provider there is a use for before the next grant.

        Of a provider to which only so many may be on their way, twice that: as they are answered
        the next ones follow.
        """
        state = self._providers.get(provider)
        if state is not None:
            permits, connections = state.permits, state.connections
        else:
            permits = 0 if provider in self._limited else inf
            connections = self._connections.get(provider, inf)
        return min(self._service.permits, permits, 2 * connections)

    def on_start(self, provider: str) -> None:
        """Count one that begins; can_send has just said yes."""
        service = self._service
        service.permits -= 1
        service.used += 1
        state = self._providers.get(provider) or self._add(provider)
        state.permits -= 1
        state.used += 1
        state.in_flight += 1

    def on_returned(self, provider: str) -> None:
        """Count one that has not begun after all."""
        service, state = self._service, self._providers[provider]
        service.permits += 1
        service.used = max(0, service.used - 1)
        state.permits += 1
        state.used = max(0, state.used - 1)
        state.in_flight -= 1

    def on_reply(self, provider: str, reply: Reply) -> None:
        """Count a reply. To whoever throttles us nothing more goes before the next grant."""
        state = self._providers[provider]
        state.in_flight -= 1
        if 200 <= reply.code < 300:  # noqa: PLR2004  # RFC 5321 4.2.1: completed
            state.deferrals = 0
            return
        state.deferrals = state.deferrals + 1 if 400 <= reply.code < 500 else 0  # noqa: PLR2004
        scope = throttle_scope(reply)
        if scope is ThrottleScope.SERVICE:
            self._stop(ALL_PROVIDERS, self._service)
        elif scope is ThrottleScope.PROVIDER or state.deferrals >= DEFERRALS:
            state.deferrals = 0
            self._stop(provider, state)

    def make_request(self) -> PermitRequest:
        """Return what to tell the others and to ask of them. What it gives back is gone here."""
        now = self._clock()
        elapsed_s, self._requested_at = now - self._requested_at, now
        states = {ALL_PROVIDERS: self._service} | self._providers
        asking = self._limited | {ALL_PROVIDERS}
        wanted = {name: self._balance(name, states[name]) for name in asking if name in states}
        for state in states.values():
            state.measure(elapsed_s)
        request = PermitRequest(
            wanted={name: count for name, count in wanted.items() if count},
            back=self._back,
            waiting=frozenset(name for name in wanted if states[name].is_waiting),
            throttled={name: states[name].per_s for name in self._throttled if name in states},
            per_s=self._service.per_s,
            used=self._service.used,
        )
        for state in states.values():
            state.used = 0
        self._back, self._throttled = {}, set()
        return request

    def close(self) -> None:
        """Have the next request give everything back."""
        for name, state in ({ALL_PROVIDERS: self._service} | self._providers).items():
            self._give_back(name, state)
        self._service.permits = 0

    def apply_grant(self, grant: PermitGrant) -> None:
        """Go by this grant from now on."""
        self._granted_at = self._clock()
        self._limited = frozenset(grant.permits)
        self._connections = grant.connections
        self._limit(ALL_PROVIDERS, self._service, grant)
        for name, state in list(self._providers.items()):
            self._limit(name, state, grant)
            if state.is_idle and name not in self._throttled:
                del self._providers[name]  # a million readers have more domains than we can keep
            state.is_waiting = False
        self._service.is_waiting = False

    def _has_permit(self, state: _ProviderState) -> bool:
        if state.permits == inf or (state.permits >= 1 and not self._is_lapsed()):
            return True
        state.is_waiting = True
        return False

    def _is_lapsed(self) -> bool:
        return self._clock() - self._granted_at > PERMIT_LASTS_S

    def _limit(self, name: str, state: _ProviderState, grant: PermitGrant) -> None:
        state.connections = grant.connections.get(name, inf)
        state.rate = grant.rates.get(name, inf)
        more = grant.permits.get(name)
        if more is None:
            state.permits = inf
        else:
            state.permits = more + (0 if state.permits == inf else state.permits)

    def _balance(self, name: str, state: _ProviderState) -> int:
        """Return how many more permits it wants; those that it has no use for go back."""
        if state.permits == inf:
            return state.needs
        spare = inf if self._is_lapsed() else int(state.permits) - state.needs
        if spare > 0:
            self._give_back(name, state, spare)
        return max(0, state.needs - int(state.permits))

    def _stop(self, name: str, state: _ProviderState) -> None:
        self._throttled.add(name)
        self._give_back(name, state)
        state.permits = 0

    def _give_back(self, name: str, state: _ProviderState, most: float = inf) -> None:
        if count := state.give_back(most):
            self._back[name] = self._back.get(name, 0) + count

    def _add(self, provider: str) -> _ProviderState:
        permits = 0 if provider in self._limited else inf
        connections = self._connections.get(provider, inf)
        state = _ProviderState(permits=permits, connections=connections)
        self._providers[provider] = state
        return state
