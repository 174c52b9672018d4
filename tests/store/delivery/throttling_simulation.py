"""Runs that share permits in a real PostgreSQL, and providers that answer by script, in our time.

A tick is a twentieth of a second. Every run sends what its gate allows of its backlog, provider by
provider in turn; each message is answered two ticks later; a run exchanges permits each three to
five ticks, as it does in life.
"""

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.domain.throttling.gate import SendGate
from newsletter.domain.throttling.limits import (
    PermitGrant,
    PermitRequest,
    SendLimits,
    divide_connections,
)
from newsletter.store import Session
from newsletter.store.delivery import provider_rates, send_permits
from newsletter.store.delivery.send_permits import Drawn

TICK_S = 0.05
EXCHANGE_TICKS = (3, 4, 5)
ANSWER_TICKS = 2
AT_ONCE = 50  # What one run can send in a tick: a thousand a second.
YES = Reply(code=250, text="Queued", stage=SmtpStage.END_OF_DATA)
SLOWER = Reply(
    code=421, enhanced="4.7.0", text="Too much mail from you", stage=SmtpStage.END_OF_DATA
)
BEGIN = datetime(2026, 3, 3, 17, 30, tzinfo=UTC)
PLENTY = 10**6  # A backlog that no test gets to the end of.


@dataclass
class Sent:
    at: float
    provider: str
    run: str
    reply: Reply


@dataclass
class SimulatedRun:
    name: str
    gate: SendGate
    backlog: Counter[str]
    exchanges_at: int
    in_flight: deque[tuple[int, str, Reply]] = field(default_factory=deque)
    grant: PermitGrant = field(default_factory=PermitGrant)
    wait_s: float = 0.0


class World:
    """The clock, the providers and everything that was sent; answers is asked for each message."""

    def __init__(self, session: Session, limits: SendLimits) -> None:
        self._session = session
        self.limits = limits
        self.now = 0.0  # seconds since BEGIN
        self._ticks = 0
        self._random = random.Random(1)
        self.runs: list[SimulatedRun] = []
        self.sent: list[Sent] = []
        self.answers: Callable[[str], Reply] = lambda _provider: YES

    def joins(self, name: str, **backlog: int) -> SimulatedRun:
        gate = SendGate(lambda: self.now)
        at = self._ticks + 1 + len(self.runs) % EXCHANGE_TICKS[-1]
        run = SimulatedRun(name, gate, Counter(backlog), at)
        self.runs.append(run)
        return run

    def exchange(self, name: str, request: PermitRequest, *, at: float | None = None) -> Drawn:
        """Exchange for a run of that name, at so many seconds after BEGIN."""
        self.now = self.now if at is None else at
        moment = BEGIN + timedelta(seconds=self.now)
        provider_rates.throttle_down(self._session, name, request, now=moment)
        return send_permits.exchange(self._session, name, self.limits, request, now=moment)

    def passes(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self._ticks += 1
            self.now = self._ticks * TICK_S
            for run in self.runs:
                self._answer(run)
                if self._ticks >= run.exchanges_at:
                    self._exchange(run)
                self._send(run)

    def sleeps(self, seconds: float) -> None:
        """Time goes by, and nobody does anything."""
        self._ticks += round(seconds / TICK_S)
        self.now = self._ticks * TICK_S

    def count(self, *, since: float = 0, **of: str) -> int:
        return sum(
            sent.at >= since and all(getattr(sent, name) == value for name, value in of.items())
            for sent in self.sent
        )

    def most_within(self, seconds: float) -> int:
        """The most messages that went out in any window of so many seconds."""
        most, first = 0, 0
        for last, sent in enumerate(self.sent):
            while sent.at - self.sent[first].at >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def in_flight(self, provider: str) -> int:
        return sum(name == provider for run in self.runs for _, name, _ in run.in_flight)

    def _exchange(self, run: SimulatedRun) -> None:
        drawn = self.exchange(run.name, run.gate.make_request())
        connections = divide_connections(self.limits.connections, runs=drawn.runs, rank=drawn.rank)
        run.grant = PermitGrant(permits=drawn.permits, connections=connections, rates=drawn.rates)
        run.wait_s = drawn.wait_s
        run.gate.apply_grant(run.grant)
        run.exchanges_at = self._ticks + self._random.choice(EXCHANGE_TICKS)

    def _send(self, run: SimulatedRun) -> None:
        left = AT_ONCE
        waiting = {name for name, count in run.backlog.items() if count}
        for provider in cycle(sorted(waiting)):
            if not left or not waiting:
                break
            if provider not in waiting:
                continue
            if not run.backlog[provider] or not run.gate.can_send(provider):
                waiting.remove(provider)
                continue
            run.gate.on_start(provider)
            run.backlog[provider] -= 1
            left -= 1
            reply = self.answers(provider)
            self.sent.append(Sent(self.now, provider, run.name, reply))
            run.in_flight.append((self._ticks + ANSWER_TICKS, provider, reply))

    def _answer(self, run: SimulatedRun) -> None:
        while run.in_flight and run.in_flight[0][0] <= self._ticks:
            _, provider, reply = run.in_flight.popleft()
            run.gate.on_reply(provider, reply)
