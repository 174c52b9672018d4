"""Whatever a relay answers, and wherever it hangs up: nothing is lost, repeated or mixed up."""

import asyncio
import random

import pytest

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.errors import UnreachableError
from newsletter.mail.smtp import Envelope, send_all
from tests.cases import for_each
from tests.mail.smtp.odd_relay import OddRelay, odd_relay

pytestmark = pytest.mark.servers

SEEDS = 150
MESSAGES = 40
RUNS = 200  # Each ends when the relay is to be left alone for a while.


class Ledger:
    """A supply that holds each message against what it was told; some it will not let begin."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.waiting = list(range(1, MESSAGES + 1))
        self.out: set[int] = set()
        self.begun_keys: set[int] = set()
        self.told: dict[int, Reply] = {}
        self.stops = rng.choice([0.0, 0.0, 0.05])

    def next_message(self) -> Envelope | None:
        if not self.waiting or self.rng.random() < 0.05:
            return None
        key = self.waiting.pop(0)
        self.out.add(key)
        content = b"To: <r%d@reader.example>\r\n\r\n" % key + b"A line.\r\n" * 20
        return Envelope(key, f"r{key}@letters.example", f"r{key}@reader.example", content)

    def confirm_start(self, envelope: Envelope) -> bool:
        if self.rng.random() < self.stops:
            return False
        self.begun_keys.add(envelope.key)
        return True

    def give_back(self, envelope: Envelope) -> None:
        assert envelope.key not in self.begun_keys
        self.out.remove(envelope.key)
        self.waiting.insert(0, envelope.key)

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        self.out.remove(envelope.key)
        assert envelope.key not in self.told
        self.told[envelope.key] = reply

    async def wait_for_message(self) -> bool:
        await asyncio.sleep(0)
        return bool(self.waiting)


async def run_through(seed: int) -> tuple[OddRelay, Ledger]:
    rng = random.Random(seed)
    ledger = Ledger(rng)
    async with odd_relay(rng) as relay:
        for _ in range(RUNS):
            if not ledger.waiting:
                break
            try:
                await send_all(relay.relays, ledger, count=rng.choice([1, 3]))
            except UnreachableError:
                continue
    return relay, ledger


@for_each("seed", range(SEEDS))
def test_what_a_relay_kept_is_what_was_told_as_kept_or_in_doubt(seed):
    relay, ledger = asyncio.run(run_through(seed))

    kept = {key for key, times in relay.kept.items() if times}
    taken = {key for key, one in ledger.told.items() if one.code // 100 == 2}
    doubted = {
        key
        for key, one in ledger.told.items()
        if one.code == 0 and one.stage is SmtpStage.END_OF_DATA
    }
    assert not ledger.waiting
    assert not ledger.out
    assert max(relay.kept.values(), default=0) <= 1
    assert taken <= kept <= taken | doubted
    assert len(doubted) <= relay.connections
    for key, reply in ledger.told.items():
        assert reply.code == 0 or f"r{key}." in reply.text, reply
