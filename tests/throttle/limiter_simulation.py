"""Runs that share a quota on a real Redis, and providers that answer by script, in a time of ours.

A tick is a twentieth of a second. Every run takes what its pacer allows of its backlog, provider by
provider in turn; each message is answered two ticks later; a run turns with Redis each four ticks,
each run on a tick of its own.
"""

import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.throttling.gate import Pacer
from newsletter.domain.throttling.limits import Grants, Limits
from newsletter.throttle.shared_limiter import Quota

TICK_S = 0.05
TURN_TICKS = 4
ANSWER_TICKS = 2
AT_ONCE = 50  # What one run can take in a tick: a thousand a second.
YES = Reply(code=250, text="Queued", stage=SmtpStage.END_OF_DATA)
SLOWER = Reply(
    code=421, enhanced="4.7.0", text="Too much mail from you", stage=SmtpStage.END_OF_DATA
)
BEGIN = datetime(2026, 3, 3, 17, 30, tzinfo=UTC).timestamp()
PLENTY = 10**6  # A backlog that no test gets to the end of.


class Quotas:
    """Quotas on one Redis that know no other time than this one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._now = BEGIN

    def __call__(self, run: str = "a", **limits: Any) -> Quota:
        return Quota(
            self._url, Limits(**limits), run=run, sent_lately=list, clock=lambda: self._now
        )

    def at(self, seconds: float) -> float:
        """The same seconds; it is so long after BEGIN now."""
        self._now = BEGIN + seconds
        return seconds


@dataclass
class Sent:
    at: float
    provider: str
    run: str
    reply: Reply


@dataclass
class SimulatedRun:
    name: str
    quota: Quota
    pacer: Pacer
    backlog: Counter[str]
    offset: int
    in_flight: deque[tuple[int, str, Reply]] = field(default_factory=deque)
    grants: Grants = field(default_factory=Grants)
    is_cut_off: bool = False

    def flying(self, provider: str) -> int:
        return sum(one == provider for _, one, _ in self.in_flight)


class World:
    """The clock, the providers and everything that was sent; answers is asked for each message."""

    def __init__(self, url: str, limits: Limits) -> None:
        self.url = url
        self.limits = limits
        self.now = BEGIN
        self.ticks = 0
        self.runs: list[SimulatedRun] = []
        self.sent: list[Sent] = []
        self.before: list[tuple[datetime, int]] = []
        self.answers: Callable[[str], Reply] = lambda _provider: YES
        self.most_flying: Counter[str] = Counter()
        self.most_shares: Counter[str] = Counter()

    def joins(self, name: str, **backlog: int) -> SimulatedRun:
        # No circle: a world that is done with hangs up at once, and not when it is collected.
        here = weakref.proxy(self)
        quota = Quota(
            self.url,
            self.limits,
            run=name,
            sent_lately=lambda: here.ledger(),  # noqa: PLW0108  # a method holds its world
            clock=lambda: here.now,
        )
        pacer = Pacer(now=self.now)
        offset = len(self.runs) % TURN_TICKS
        run = SimulatedRun(name, quota, pacer, Counter(backlog), offset)
        self.runs.append(run)
        return run

    def leaves(self, run: SimulatedRun) -> None:
        self.runs.remove(run)
        run.quota.leave(run.pacer.asks(self.now), now=self.now)

    def ledger(self) -> Iterator[tuple[datetime, int]]:
        """Settled half a second after it was sent; what is younger is not there yet."""
        yield from self.before
        for one in self.sent:
            if one.at < self.now - 0.5:
                yield datetime.fromtimestamp(one.at, UTC), 1

    def passes(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.ticks += 1
            self.now = BEGIN + self.ticks * TICK_S
            for run in self.runs:
                self._answered(run)
                if self.ticks % TURN_TICKS == run.offset:
                    run.grants = run.quota.turn(run.pacer.asks(self.now), now=self.now)
                    run.pacer.granted(run.grants)
                self._take(run)
            self._watch()

    def sleeps(self, seconds: float) -> None:
        """Time goes by, and nobody does anything."""
        self.ticks += round(seconds / TICK_S)
        self.now = BEGIN + self.ticks * TICK_S

    def count(self, *, since: float = BEGIN, **of: str) -> int:
        return sum(
            one.at >= since and all(getattr(one, name) == value for name, value in of.items())
            for one in self.sent
        )

    def most_within(self, seconds: float) -> int:
        """The most messages that went out in any window of so many seconds."""
        most, first = 0, 0
        for last, one in enumerate(self.sent):
            while one.at - self.sent[first].at >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def _take(self, run: SimulatedRun) -> None:
        left = AT_ONCE
        waiting = {name for name, count in run.backlog.items() if count}
        for provider in cycle(sorted(waiting)):
            if not left or not waiting:
                break
            if provider not in waiting:
                continue
            if not run.backlog[provider] or not run.pacer.may(provider):
                waiting.remove(provider)
                continue
            run.pacer.took(provider)
            run.backlog[provider] -= 1
            left -= 1
            reply = self.answers(provider)
            self.sent.append(Sent(self.now, provider, run.name, reply))
            run.in_flight.append((self.ticks + ANSWER_TICKS, provider, reply))

    def _answered(self, run: SimulatedRun) -> None:
        while run.in_flight and run.in_flight[0][0] <= self.ticks:
            _, provider, reply = run.in_flight.popleft()
            run.pacer.answered(provider, reply)

    def _watch(self) -> None:
        for provider in self.limits.connections:
            flying = sum(run.flying(provider) for run in self.runs)
            shares = sum(run.grants.shares.get(provider, 0) for run in self.runs)
            self.most_flying[provider] = max(self.most_flying[provider], flying)
            self.most_shares[provider] = max(self.most_shares[provider], shares)
