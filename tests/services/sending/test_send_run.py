"""A run and the ledger: what is written, and what the run still has, at each moment."""

import asyncio
import math
from dataclasses import replace

import pytest
from sqlalchemy.exc import DataError

from newsletter.domain.delivery.retry_policy import ReplyAction, decide_after_reply
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.throttling.limits import PermitGrant
from newsletter.embedded.shared_server import free_port
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claims.claimed_batch import ClaimedBatch
from newsletter.services.sending.run.ledger.ledger_sync import LedgerSync
from newsletter.services.sending.run.outcomes import OutcomePolicy
from newsletter.services.sending.run.run_counters import RunCounters
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
def throttle(ports):
    made = RunThrottle(ports)
    made.gate.apply_grant(PermitGrant())
    return made


@pytest.fixture
def run(ports, newsletter, edition, throttle):
    """A run that has claimed two batches: Amal's, and then Lina's; both may be started."""
    email = render.render_preview(ports, edition, newsletter)
    master = render.build_master(ports, email, edition, newsletter)
    policy = OutcomePolicy(ports, edition, newsletter)
    made = SendRun(ports, newsletter, master, policy=policy, throttle=throttle)
    for key in (AMAL, LINA):
        address = f"{key}@example.org"
        due = ClaimedDelivery(key, key, address, address, "", is_subscribed=True, attempts=0)
        claim = Batch(
            edition_id=edition.id, batch=key, month=edition.on, fence=1, deliveries=(due,)
        )
        journal = SendJournal(ports.journal_dir, edition_id=edition.id, batch=key, fence=1)
        made.add_batch(ClaimedBatch(claim, journal), RunCounters())
    made.extend_lease(at=math.inf)
    for settlement in made.unsettled():
        settlement.batch.end_writing()
    made.queue.window.grant()
    return made


@pytest.fixture
def away(ports):
    """The ports of a run whose database does not answer."""
    return replace(ports, store=Store(f"postgresql://nobody@127.0.0.1:{free_port()}/none"))


def kill(run: SendRun) -> None:
    """End the run's process: what it had not written is lost, and its journals are unlocked."""
    for batch in run.queue.batches:
        batch._journal._pending.clear()
        batch.close_journal()


def in_doubt(ports: Ports) -> list[set[int]]:
    """Who was started without a reply, by each journal that is left."""
    with abandoned_journals(ports.journal_dir) as journals:
        return [journal.started - set(journal.replies) for journal, _ in journals]


def send(run: SendRun, reply: Reply) -> None:
    """Start the next message, and answer it so."""
    envelope = run.next_message()
    assert envelope is not None
    assert run.confirm_start(envelope)
    run.on_reply(envelope, reply)


def test_an_answer_stands_in_its_journal_before_a_message_of_another_batch_starts(ports, run):
    send(run, Reply(code=250))
    send(run, Reply(code=250))

    kill(run)

    assert in_doubt(ports) == [set(), {LINA}]


def test_an_answer_stands_in_its_journal_before_its_connection_is_closed(ports, run):
    run.queue.may_grow = False
    send(run, Reply(code=250))
    send(run, Reply(code=250))

    assert not asyncio.run(run.wait_for_message())  # the connection hears that nothing more comes
    kill(run)

    assert in_doubt(ports) == [set(), set()]


def test_a_refusal_that_may_be_about_us_is_none_in_the_journal_until_it_is_clear(ports, run):
    actions = []
    for reply in (
        Reply(code=554, enhanced="5.7.1", text="no"),
        Reply(code=250, enhanced="2.0.0", text="taken"),
    ):
        send(run, reply)
        run.queue.flush_journals()
        (path,) = ports.journal_dir.glob("*-1-1-*.journal")
        logged = AbandonedJournal.read(path).replies[AMAL]
        actions.append(decide_after_reply(logged, attempts=1).action)

    assert actions == [ReplyAction.RETRY, ReplyAction.FAILED]


def test_a_batch_that_cannot_be_given_back_is_still_the_run_s(away, edition, run, throttle):
    for _ in (AMAL, LINA):
        send(run, Reply(code=250))
    settlements = run.unsettled()
    for settlement in settlements:
        settlement.batch.end_writing()
    run.on_recorded(settlements, at=0)
    batches = list(run.queue.batches)
    assert all(batch.is_over for batch in batches)

    asyncio.run(LedgerSync(away, edition, run, throttle=throttle).tend(now=0))

    assert set(run.queue.batches) == set(batches)


def test_journals_are_put_on_the_disk_while_the_database_is_away(
    away, edition, run, throttle, monkeypatch
):
    sync = LedgerSync(away, edition, run, throttle=throttle)
    synced: list[SendJournal] = []

    def sync_journal(journal: SendJournal) -> None:
        synced.append(journal)

    monkeypatch.setattr(SendJournal, "sync", sync_journal)

    async def turn() -> None:
        await sync.turn(now=0)
        await sync.tend(now=0)

    asyncio.run(turn())

    assert synced == [batch._journal for batch in run.queue.batches]


def test_an_answer_that_the_database_does_not_take_is_not_forgotten(ports, edition, run, throttle):
    envelope = run.next_message()
    assert envelope is not None
    run.on_reply(envelope, Reply(code=250, text="a \0 that PostgreSQL refuses"))
    sync = LedgerSync(ports, edition, run, throttle=throttle)

    with pytest.raises(DataError):
        asyncio.run(sync.settle())

    first, second = run.queue.batches
    assert [len(batch.take_unsettled([]).results) for batch in (first, second)] == [1, 0]


def test_a_run_is_stopped_for_its_first_reason(run):
    run.stop()
    run.stop("The first.")
    run.stop("The second.")

    assert run.is_done
    assert run.stop_reason == "The first."
    assert run.next_message() is None
