"""Settlements: each is a commit of its own, or all are one; and connections that are lost."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.services.sending.dispatch import dispatch
from newsletter.services.sending.run.claims.claimed_batch import ClaimedBatch, Settlement
from newsletter.services.sending.run.claims.edition_claims import EditionClaims
from newsletter.services.sending.run.ledger.settlement import SettlementWriter
from newsletter.services.sending.run.outcomes import DeliveryResult, OutcomePolicy
from newsletter.store.editions import editions
from newsletter.store.subscribers import subscribers, suppressions
from tests.services.worlds import composed, statuses

ZONES = ("Asia/Beirut", "Europe/Paris", "UTC")
TAKEN = Reply(code=250, enhanced="2.0.0", text="kept")
NOBODY = Reply(code=550, enhanced="5.1.1", text="no such mailbox")


@pytest.fixture
def edition(ports, store, newsletter, now, clock):
    """An edition for three readers of three zones: a batch each."""
    with store.begin() as session:
        for zone in ZONES:
            address = f"{zone.lower().replace('/', '.')}@example.org"
            reader = NewSubscriber(address=address, address_key=address, zone=zone)
            subscribers.import_confirmed(session, newsletter.id, [reader], now=now)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    dispatch(ports, made.id)
    with store.begin() as session:
        return editions.by_id(session, made.id)


@pytest.fixture
def claims(ports, edition) -> Iterator[list[ClaimedBatch]]:
    """The three batches, claimed by one run."""
    of_edition = EditionClaims(ports, edition.id)
    batches = []
    for _ in ZONES:
        claimed = of_edition.claim()
        assert claimed is not None
        batches.append(claimed[0])
    yield batches
    for batch in batches:
        batch.delete_journal()


@pytest.fixture
def writer(ports, edition) -> Iterator[SettlementWriter]:
    made = SettlementWriter(ports, edition)
    yield made
    made.close()


@pytest.fixture
def settlements(ports, edition, newsletter, claims) -> list[Settlement]:
    """Each batch's delivery was taken by the relay."""
    policy = OutcomePolicy(ports, edition, newsletter)
    return [answered(batch, policy, TAKEN) for batch in claims]


def answered(batch: ClaimedBatch, policy: OutcomePolicy, reply: Reply) -> Settlement:
    delivery = batch.hand_out().delivery
    result: DeliveryResult = policy.decide(delivery, reply)
    batch.record(result, reply)
    return batch.take_unsettled([])


def break_the_line(store, writer: SettlementWriter, monkeypatch, *, before: int) -> None:
    """Have PostgreSQL end the writer's own connection before its statement of that number."""
    line = writer._line
    execute, count = line.execute, 0

    async def execute_counted(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        nonlocal count
        count += 1
        if count == before:
            assert line._connection is not None
            pid = line._connection.info.backend_pid
            url = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(url, autocommit=True) as beside:
                beside.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
        return await execute(statement, values)

    monkeypatch.setattr(line, "execute", execute_counted)


def test_a_line_that_breaks_at_the_second_batch_loses_and_doubles_nothing(
    store, edition, writer, settlements, monkeypatch
):
    break_the_line(store, writer, monkeypatch, before=2)

    assert asyncio.run(writer.write(settlements))

    assert statuses(store, edition.id) == {"sent": 3}


def test_a_line_that_broke_is_made_anew_for_the_next_settlement(
    store, edition, writer, settlements, monkeypatch
):
    first, *others = settlements
    break_the_line(store, writer, monkeypatch, before=2)

    async def write_one_after_the_other() -> list[bool]:
        return [await writer.write([first]), await writer.write(others), await writer.write([])]

    assert asyncio.run(write_one_after_the_other()) == [True, True, True]
    assert statuses(store, edition.id) == {"sent": 3}


def test_a_settlement_that_is_written_twice_counts_once(store, edition, writer, settlements):
    async def write_twice() -> list[bool]:
        return [await writer.write(settlements) for _ in range(2)]

    assert asyncio.run(write_twice()) == [True, True]
    assert statuses(store, edition.id) == {"sent": 3}


def test_a_dead_address_is_suppressed_in_the_commit_that_fails_its_delivery(
    ports, store, edition, newsletter, claims, writer
):
    policy = OutcomePolicy(ports, edition, newsletter)
    first, *others = claims
    settlements = [answered(first, policy, NOBODY)]
    settlements += [answered(batch, policy, TAKEN) for batch in others]

    assert asyncio.run(writer.write(settlements))

    assert statuses(store, edition.id) == {"sent": 2, "failed": 1}
    with store.begin() as session:
        key = first.claim.deliveries[0].address_key
        assert suppressions.reason(session, key) == "no such mailbox"


@pytest.mark.parametrize("has_results", [True, False])
def test_an_edition_is_held_for_the_reason_that_its_run_stops_for(
    store, edition, writer, settlements, has_results
):
    written = settlements if has_results else []

    asyncio.run(writer.write(written, stop_reason="The relay refuses us."))

    with store.begin() as session:
        found = editions.by_id(session, edition.id)
    assert (found.status, found.reason) == (EditionStatus.HELD, "The relay refuses us.")
