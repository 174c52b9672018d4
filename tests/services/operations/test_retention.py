"""Retain: old months of the ledger and unused articles are let go, and nothing else."""

from datetime import date, datetime, timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus
from newsletter.services.operations.retention import apply_retention
from newsletter.services.sending.dispatch import dispatch
from newsletter.store.delivery import partitions
from tests.services.worlds import CAIRO, composed, moved, news, readers, statuses


@pytest.fixture
def kept(store):
    """The months that the ledger has: January 2025 to March 2026."""
    with store.begin() as session:
        for month in range(1, 13):
            partitions.ensure(session, date(2025, month, 1))
        for month in (1, 2, 3):
            partitions.ensure(session, date(2026, month, 1))


@pytest.mark.parametrize(
    ("keep_months", "at", "gone"),
    [
        pytest.param(13, "2026-03-31T23:59Z", ["2025_01"], id="thirteen months and the running"),
        pytest.param(13, "2026-04-01T00:00Z", ["2025_01", "2025_02"], id="the next one begins"),
        pytest.param(13, "2026-02-28T23:59Z", [], id="nothing is old enough"),
        pytest.param(12, "2026-01-15T12:00Z", [], id="a whole year back"),
        pytest.param(0, "2036-03-03T12:00Z", [], id="for ever"),
    ],
)
def test_a_month_goes_when_it_is_older_than_so_many(ports, kept, clock, keep_months, at, gone):
    clock.at = datetime.fromisoformat(at)

    let_go = apply_retention(ports, keep_months=keep_months)

    assert list(let_go) == [f"delivery_{month}" for month in gone]
    assert apply_retention(ports, keep_months=keep_months) == ()


def test_nothing_is_let_go_while_an_edition_is_under_way(ports, store, newsletter, kept, now):
    readers(store, newsletter, ["amal"], now=now)
    edition = composed(store, newsletter, now=now)
    dispatch(ports, edition.id)

    under_way = apply_retention(ports, keep_months=13)
    moved(store, edition.id, EditionStatus.SENT)

    assert under_way == ()
    assert apply_retention(ports, keep_months=13) == ("delivery_2025_01",)
    assert statuses(store, edition.id) == {"queued": 1}


def test_old_articles_go_and_those_that_an_edition_decided_on_stay(
    ports, store, newsletter, now, clock
):
    edition = composed(store, newsletter, now=now)
    moved(store, edition.id, EditionStatus.SENT)
    news(store, CAIRO, now=now)  # too late for that edition, and there was no other

    clock.at = now + timedelta(days=366)
    a_year_on = apply_retention(ports, keep_months=13)
    clock.at = now + timedelta(days=15 * 31)
    later = apply_retention(ports, keep_months=13)

    assert a_year_on == ()
    assert later == ("unused articles: 1",)
    assert apply_retention(ports, keep_months=13) == ()
