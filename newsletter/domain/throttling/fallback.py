"""The pace of a run that does not hear of the others: its part of the limits, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from newsletter.domain.throttling.limits import (
    BURST_S,
    SAFE_PER_S,
    SAFE_RUNS,
    SERVICE,
    SLOWER,
    Ask,
    Grants,
    Limits,
    Pace,
    slowed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastKnown:
    """What a run last heard of the others: how many share, its shares, and the slowed paces."""

    runs: int = SAFE_RUNS
    shares: Mapping[str, int] = field(default_factory=dict)
    paces: Mapping[str, Pace] = field(default_factory=dict)


class SafePace:
    """Grants without the others, until they can be asked again.

    day_left is what this run may still send of the day's quota; None where none is set. A run keeps
    the shares of connections that it had; one that never had any takes as if there were SAFE_RUNS.
    """

    def __init__(
        self, limits: Limits, known: LastKnown, *, day_left: int | None, now: float
    ) -> None:
        self._runs = known.runs
        self._per_s = limits.per_second or SAFE_PER_S
        self._shares = known.shares or {
            name: max(1, cap // SAFE_RUNS) for name, cap in limits.connections.items()
        }
        self._day_left = inf if day_left is None else day_left
        self._paces = dict(known.paces)
        self._unheard: set[str] = set()
        self._levels: dict[str, float] = {}
        self._at = now

    def grants(self, ask: Ask, *, now: float) -> Grants:
        """What this run may do until its next turn."""
        elapsed, self._at = max(0.0, now - self._at), now
        for name, observed in ask.slowed.items():
            everybody = observed * self._runs
            self._paces[name] = slowed(self._paces.get(name), observed=everybody, now=now)
            self._unheard.add(name)
        rates = {name: pace.at(now) for name, pace in self._paces.items()}
        self._paces = {name: pace for name, pace in self._paces.items() if rates[name] < inf}
        rates = {name: rate for name, rate in rates.items() if rate < inf}
        rates[SERVICE] = min(self._per_s, rates.get(SERVICE, inf))
        permits = {name: self._drawn(name, rate, ask, elapsed) for name, rate in rates.items()}
        is_day_over = self._day_left < 1
        rate = rates[SERVICE] / self._runs
        wait_s = inf if is_day_over else max(0.0, 1 - self._levels[SERVICE]) / rate
        return Grants(
            permits=permits,
            shares=self._shares,
            rates=rates,
            wait_s=0 if permits[SERVICE] else wait_s,
            runs=self._runs,
            is_safe=True,
        )

    def slowed(self, *, now: float) -> dict[str, float]:
        """Who said slower to this run alone, at a speed that slows the others to where it is."""
        unheard = self._unheard & self._paces.keys()
        paces = {name: self._paces[name].at(now) for name in unheard}
        return {name: rate / SLOWER / self._runs for name, rate in paces.items() if rate < inf}

    def _drawn(self, name: str, rate: float, ask: Ask, elapsed: float) -> int:
        mine = rate / self._runs
        room = max(0.0, mine * BURST_S + 1 - ask.held.get(name, 0))
        level = min(room, self._levels.get(name, 0.0) + mine * elapsed)
        got = min(ask.wanted.get(name, 0), int(level))
        if name == SERVICE:
            got = int(min(got, self._day_left))
            self._day_left -= got
        self._levels[name] = level - got
        return got
