"""The ledger's own connection: a settlement in one journey, on a server that may go."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.store import LedgerConnection, LedgerConnectionLostError, Store
from newsletter.store.delivery import batches, deliveries
from tests.store.builders import saved_edition, subscribed
from tests.store.ledgers import LEASE, claimed, outcome, planned_for

_OWN_PID = "SELECT pg_backend_pid()"
_OTHERS_END = text("SELECT pg_terminate_backend(:pid)")


@pytest.fixture
def claim(session, newsletter, now):
    """A claimed batch with a delivery to Amal, committed."""
    subscribed(session, newsletter, "amal", now=now)
    edition_id = saved_edition(session, newsletter, status=EditionStatus.SENDING)
    planned_for(session, newsletter, edition_id, now=now)
    batch = claimed(session, edition_id, now)
    session.commit()
    return batch


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("2.0.0 Ok: queued as 4FzQ", id="as most relays say it"),
        pytest.param('a "quoted" \\ word, {braces} and NULL', id="what means something in arrays"),
        pytest.param("NULL", id="the word that stands for nothing"),
        pytest.param("", id="nothing"),
        pytest.param("вам письмо · تم الاستلام", id="letters of other scripts"),
        pytest.param("%(ids)s 100 %", id="what means something in statements"),
    ],
)
def test_a_reply_is_written_down_as_the_relay_said_it(store, claim, now, reply):
    said = outcome(claim.deliveries[0], DeliveryStatus.SENT, reply=reply)

    async def settle() -> EditionStatus | None:
        line = store.line()
        try:
            return await batches.record_outcomes_alone(
                line, claim, [said], now=now, lease=LEASE, window=()
            )
        finally:
            line.close()

    status = asyncio.run(settle())

    with store.begin() as later:
        (row,) = deliveries.list_for_edition(later, claim.edition_id)
    assert (status, row.status, row.reply) == (EditionStatus.SENDING, DeliveryStatus.SENT, reply)


def test_a_connection_whose_server_hangs_up_is_made_anew(store: Store):
    async def use() -> tuple[int, int]:
        line = store.line()
        try:
            before = await _pid(line)
            await asyncio.to_thread(_end, store, before)
            after = before
            while after == before:  # until the end has come through
                with suppress(LedgerConnectionLostError):
                    after = await _pid(line)
            return before, after
        finally:
            line.close()

    before, after = asyncio.run(use())

    assert before != after


def test_a_server_that_goes_while_somebody_waits_is_told(store: Store):
    async def use() -> None:
        line = store.line()
        try:
            pid = await _pid(line)
            waiting = asyncio.create_task(line.execute("SELECT pg_sleep(600)", {}))
            await asyncio.to_thread(_end, store, pid)
            with pytest.raises(LedgerConnectionLostError):
                await waiting
        finally:
            line.close()

    asyncio.run(use())


def test_a_statement_that_the_server_refuses_costs_the_connection_only(store: Store):
    async def use() -> tuple[Any, ...] | None:
        line = store.line()
        try:
            with pytest.raises(LedgerConnectionLostError):
                await line.execute("SELECT nothing FROM nowhere", {})
            return await line.execute("SELECT CAST(%(number)s AS integer) + 1", {"number": "1"})
        finally:
            line.close()

    assert asyncio.run(use()) == (2,)


@pytest.mark.parametrize("number", [1, 40_000, 3_000_000_000], ids=["small", "medium", "large"])
def test_a_number_that_is_larger_than_the_last_one_is_taken_too(store: Store, number: int):
    async def use() -> list[tuple[Any, ...] | None]:
        line = store.line()
        try:
            return [
                await line.execute("SELECT CAST(%(n)s AS bigint), %(all)s::int8[]", values)
                for values in ({"n": 1, "all": [1]}, {"n": number, "all": [1, number]})
            ]
        finally:
            line.close()

    assert asyncio.run(use()) == [(1, [1]), (number, [1, number])]


def test_a_statement_may_return_nothing(store: Store):
    async def use() -> tuple[Any, ...] | None:
        line = store.line()
        try:
            return await line.execute("SELECT 1 WHERE false", {})
        finally:
            line.close()

    assert asyncio.run(use()) is None


async def _pid(line: LedgerConnection) -> int:
    row = await line.execute(_OWN_PID, {})
    assert row is not None
    return int(row[0])


def _end(store: Store, pid: int) -> None:
    with store.begin() as session:
        session.execute(_OTHERS_END, {"pid": pid})
