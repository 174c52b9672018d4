"""An edition nearly all of whose readers are with one provider that has said slower.

The clock, the permits and the relay are the test's: nothing depends on how fast the machine is.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.throttling.gate import SendGate
from newsletter.domain.throttling.limits import (
    BUCKET_S,
    RECOVERY_DOUBLING_S,
    PermitGrant,
    PermitRequest,
)
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.sending.deliver import RUN_S
from newsletter.services.sending.dispatch import dispatch
from newsletter.services.sending.run.ledger.ledger_sync import LedgerSync
from newsletter.services.sending.run.outcomes import OutcomePolicy
from newsletter.services.sending.run.send_run import SendRun
from newsletter.services.sending.run.throttle import EXCHANGE_INTERVAL_S, RunThrottle
from tests.services.worlds import Clock, composed, readers, statuses

SLOW, QUICK = "slow.example", "quick.example"


@dataclass
class Bucket:
    """A slowed provider's permits as the store gives them, at a pace that doubles each minute."""

    per_s: float
    level: float = 0.0
    allowed: float = 0.0  # how many might have gone by now

    def grant(self, request: PermitRequest, at_s: float) -> PermitGrant:
        rate = self.per_s * 2 ** (at_s / RECOVERY_DOUBLING_S)
        self.allowed += rate * EXCHANGE_INTERVAL_S
        level = self.level + request.back.get(SLOW, 0) + rate * EXCHANGE_INTERVAL_S
        self.level = min(level, rate * BUCKET_S + 1)
        got = min(request.wanted.get(SLOW, 0), int(self.level))
        self.level -= got
        return PermitGrant(permits={SLOW: got}, rates={SLOW: rate})


@dataclass
class Evening:
    """One run of an edition after the other, turn by turn; sent is when each message went."""

    ports: Ports
    edition: Edition
    newsletter: Newsletter
    clock: Clock
    bucket: Bucket
    at_s: float = 0.0
    sent: dict[str, list[float]] = field(default_factory=lambda: {SLOW: [], QUICK: []})

    def pass_by(self, seconds: float) -> None:
        while self.at_s < seconds:
            asyncio.run(self._run())

    async def _run(self) -> None:
        email = render.render_preview(self.ports, self.edition, self.newsletter)
        master = render.build_master(self.ports, email, self.edition, self.newsletter)
        policy = OutcomePolicy(self.ports, self.edition, self.newsletter)
        throttle = RunThrottle(self.ports)
        throttle.gate = SendGate(lambda: self.at_s)
        run = SendRun(self.ports, self.newsletter, master, policy=policy, throttle=throttle)
        sync = LedgerSync(self.ports, self.edition, run, throttle=throttle)
        assert await sync.claim(), "nobody would come before the next minute"
        sync.period.begin(now=self.at_s, for_s=RUN_S)
        while not run.is_done:
            await self._turn(run, sync, throttle)
        await sync.release_all()

    async def _turn(self, run: SendRun, sync: LedgerSync, throttle: RunThrottle) -> None:
        self.at_s += EXCHANGE_INTERVAL_S
        self.clock.at += timedelta(seconds=EXCHANGE_INTERVAL_S)
        throttle.gate.apply_grant(self.bucket.grant(throttle.gate.make_request(), self.at_s))
        # What the connections send in this turn, at some hundreds a second to the quick. One that
        # finds nothing ready has the ledger asked for more at once.
        for _ in range(8):
            await sync.turn(now=self.at_s)
            while (envelope := run.next_message()) is not None and run.confirm_start(envelope):
                run.on_reply(envelope, Reply(code=250))
                self.sent[envelope.recipient.partition("@")[2]].append(self.at_s)
        await sync.turn(now=self.at_s)
        await sync.tend(now=self.at_s)


@pytest.fixture
def evening(ports, store, newsletter, now, clock):
    def make(per_s: float, **counts: int) -> Evening:
        for name, count in counts.items():
            people = [f"{name}{number:04}" for number in range(count)]
            readers(store, newsletter, people, now=now, domain=f"{name}.example")
        made = composed(store, newsletter, now=now)
        clock.at = made.sends_at
        quiet = replace(ports, enqueue=lambda _edition, _batches: None)
        dispatch(quiet, made.id)
        return Evening(quiet, made, newsletter, clock, Bucket(per_s))

    return make


@pytest.mark.parametrize(
    ("per_s", "seconds"),
    [
        pytest.param(0.5, 40, id="a message in two seconds"),
        pytest.param(30, 30, id="thirty a second"),
    ],
)
def test_such_an_edition_goes_at_the_provider_s_pace_and_not_below_it(evening, per_s, seconds):
    tonight = evening(per_s, slow=2_000, quick=100)

    tonight.pass_by(seconds)

    went = len(tonight.sent[SLOW])
    assert 0.9 * tonight.bucket.allowed <= went <= tonight.bucket.allowed + 1


def test_nobody_else_waits_meanwhile(evening):
    tonight = evening(0.5, slow=2_000, quick=100)

    tonight.pass_by(5)

    assert len(tonight.sent[QUICK]) == 100
    assert max(tonight.sent[QUICK]) < 5  # five batches were claimed, one a turn


def test_one_batch_that_is_all_with_the_slowed_provider_goes_at_its_pace(evening):
    tonight = evening(10, slow=400)

    tonight.pass_by(21)

    assert len(tonight.sent[SLOW]) >= 0.9 * tonight.bucket.allowed
    counted = statuses(tonight.ports.store, tonight.edition.id)
    assert counted["sent"] == len(tonight.sent[SLOW])
