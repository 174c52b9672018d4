"""A run and its keeper: what is written down, and held, at each moment."""

import asyncio
import math
from dataclasses import replace

import pytest
from sqlalchemy.exc import DataError

from newsletter.domain.delivery.retry_policy import ReplyAction, decide_after_reply
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.throttling.limits import PermitGrant
from newsletter.embedded.shared_server import free_port
from newsletter.errors import UnreachableError
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claimed_batch import ClaimedBatch
from newsletter.services.sending.run.ledger_sync import LedgerSync
from newsletter.services.sending.run.outcomes import OutcomePolicy
from newsletter.services.sending.run.send_run import SendRun
from newsletter.services.sending.run.throttle import RunThrottle
from newsletter.store import Store
from newsletter.store.delivery.batches import Batch, ClaimedDelivery
from newsletter.store.delivery.send_journal import AbandonedJournal, SendJournal, abandoned_journals
from tests.services.worlds import composed

AMAL, LINA = 1, 2


@pytest.fixture
def edition(store, newsletter, now):
    return composed(store, newsletter, now=now)


@pytest.fixture
def run(ports, newsletter, edition):
    """A run that has two batches in hand: Amal's, and then Lina's."""
    master = render.build_master(
        ports, render.render_preview(ports, edition, newsletter), edition, newsletter
    )
    judge, pace = OutcomePolicy(ports, edition, newsletter), RunThrottle(ports)
    pace.gate.apply_grant(PermitGrant())
    made = SendRun(ports, newsletter, master, judge=judge, pace=pace)
    made.lease_valid_until = math.inf
    for key in (AMAL, LINA):
        address = f"{key}@example.org"
        due = ClaimedDelivery(key, key, address, address, "", is_subscribed=True, attempts=0)
        batch = Batch(
            edition_id=edition.id, batch=key, month=edition.on, fence=1, deliveries=(due,)
        )
        journal = SendJournal(ports.journal_dir, edition_id=edition.id, batch=key, fence=1)
        made.claims.append(ClaimedBatch(batch, journal))
    made.ask()
    made.window.granted()
    return made


def kept(ports: Ports, run: SendRun, edition: Edition, newsletter: Newsletter) -> LedgerSync:
    judge, pace = OutcomePolicy(ports, edition, newsletter), RunThrottle(ports)
    return LedgerSync(ports, edition, run, judge=judge, pace=pace)


def test_an_answer_stands_in_its_journal_before_a_message_of_another_batch_begins(ports, run):
    for _ in (AMAL, LINA):
        envelope = run.next_message()
        assert run.confirm_start(envelope)
        run.on_reply(envelope, Reply(code=250))

    for hand in run.claims:
        hand.journal._pending.clear()  # what the process had not written down when it was killed
        hand.journal.close()
    with abandoned_journals(ports.journal_dir) as found:
        in_doubt = [left.started - set(left.replies) for left, _ in found]
    assert in_doubt == [set(), {LINA}]


def test_an_answer_stands_in_its_journal_before_its_connection_is_closed(ports, run):
    run.has_more = False
    for _ in (AMAL, LINA):
        envelope = run.next_message()
        assert run.confirm_start(envelope)
        run.on_reply(envelope, Reply(code=250))

    assert not asyncio.run(run.wait_for_message())  # it hears that there is nothing more

    for hand in run.claims:
        hand.journal._pending.clear()
        hand.journal.close()
    with abandoned_journals(ports.journal_dir) as found:
        in_doubt = [left.started - set(left.replies) for left, _ in found]
    assert in_doubt == [set(), set()]


def test_a_refusal_that_may_be_about_us_is_none_in_the_journal_until_it_is_clear(ports, run):
    for key, reply in ((AMAL, "554 5.7.1 no"), (LINA, "250 2.0.0 taken")):
        envelope = run.next_message()
        assert run.confirm_start(envelope)
        code, enhanced, text = reply.split()
        run.on_reply(envelope, Reply(code=int(code), enhanced=enhanced, text=text))
        for hand in run.claims:
            hand.journal.flush()
        read = [
            AbandonedJournal.read(path).replies.get(AMAL)
            for path in ports.journal_dir.glob("*-1-*")
        ]
        told = [decide_after_reply(one, attempts=1).action for one in read if one]
        assert told == [ReplyAction.RETRY if key == AMAL else ReplyAction.FAILED]


def test_a_batch_that_cannot_be_given_back_is_still_in_hand(ports, newsletter, edition, run):
    away = replace(ports, store=Store(f"postgresql://nobody@127.0.0.1:{free_port()}/none"))
    hand = run.claims[0]
    keeper = kept(away, run, edition, newsletter)

    with pytest.raises(UnreachableError):
        asyncio.run(keeper._give_back(hand))

    assert hand in run.claims


def test_journals_are_put_on_the_disk_while_the_database_is_away(
    ports, newsletter, edition, run, monkeypatch
):
    away = replace(ports, store=Store(f"postgresql://nobody@127.0.0.1:{free_port()}/none"))
    keeper = kept(away, run, edition, newsletter)
    synced: list[SendJournal] = []

    def sync(journal: SendJournal) -> None:
        synced.append(journal)

    monkeypatch.setattr(SendJournal, "sync", sync)

    async def turn() -> None:
        await keeper.settle(now=0)
        await keeper.tend(now=0)

    asyncio.run(turn())

    assert synced == [hand.journal for hand in run.claims]


def test_an_answer_that_the_database_does_not_take_is_not_forgotten(
    ports, newsletter, edition, run
):
    run.on_reply(run.next_message(), Reply(code=250, text="a \0 that PostgreSQL refuses"))
    keeper = kept(ports, run, edition, newsletter)

    with pytest.raises(DataError):
        asyncio.run(keeper._settle_all())

    assert [len(hand.answers) for hand in run.claims] == [1, 0]
