"""A run watched from outside."""

from datetime import timedelta

import pytest

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import dispatch
from newsletter.services.sending.progress import ProgressMonitor, ProviderProgress
from newsletter.store.delivery import batches
from newsletter.store.subscribers import subscribers
from newsletter.throttle.mailbox_providers import OTHERS, provider_of
from tests.services.worlds import composed, moved
from tests.store.ledgers import claimed, outcome, planned_for, settled

HOUSES = {"cedar.example": 4, "gulf.example": 2, "nile.example": 1}


@pytest.fixture
def edition(ports, store, newsletter, now):
    """An edition for seven readers at three houses, sent off."""
    keys = [f"reader{n}@{house}" for house, count in HOUSES.items() for n in range(count)]
    made = [NewSubscriber(address=key, address_key=key) for key in keys]
    with store.begin() as session:
        subscribers.import_confirmed(session, newsletter.id, made, now=now)
    edition = composed(store, newsletter, now=now)
    dispatch(ports, edition.id)
    return edition


@pytest.fixture
def watch(store, edition):
    return ProgressMonitor(store, edition.id)


def settle(store, edition, count: int, *, now, status: str = "sent") -> None:
    """As a worker would: claim, settle so many, give back."""
    with store.begin() as session:
        batch = claimed(session, edition.id, now)
        outcomes = [outcome(due, DeliveryStatus(status)) for due in batch.deliveries[:count]]
        settled(session, batch, *outcomes, now=now)
        batches.release(session, batch)


def test_a_run_shows_how_far_and_how_fast_it_is(store, edition, watch, now):
    first = watch.snapshot(100.0)
    settle(store, edition, 3, now=now)
    second = watch.snapshot(102.0)

    assert (first.rate, first.left, first.is_over) == (0, None, False)
    assert (second.progress.sent, second.progress.queued) == (3, 4)
    assert (second.rate, second.left) == (1.5, timedelta(seconds=3))


def test_only_the_last_seconds_count_for_the_rate(store, edition, watch, now):
    watch.snapshot(0.0)
    settle(store, edition, 3, now=now)
    watch.snapshot(5.0)

    assert watch.snapshot(30.0).rate == 0


def test_it_is_over_when_nothing_is_left(ports, edition, watch, mail):
    deliver(ports, edition.id, 0)

    seen = watch.snapshot(1.0)

    assert (seen.status, seen.is_over, seen.progress.sent) == (EditionStatus.SENT, True, 7)


@pytest.mark.parametrize("status", [EditionStatus.HELD, EditionStatus.CANCELLED])
def test_a_stopped_run_is_over_once_nobody_has_anything_in_hand(store, edition, watch, now, status):
    with store.begin() as session:
        batch = claimed(session, edition.id, now)
    moved(store, edition.id, status, reason="So.")
    in_hand = watch.snapshot(1.0)
    with store.begin() as session:
        batches.release(session, batch)

    assert (in_hand.is_over, in_hand.reason) == (False, "So.")
    assert watch.snapshot(2.0).is_over


def test_each_provider_s_share_is_told_the_largest_first(store, edition, watch, now):
    before = watch.by_provider()
    settle(store, edition, 1, now=now)
    settle(store, edition, 2, now=now, status="queued")
    settle(store, edition, 6, now=now, status="failed")

    assert [(one.provider, one.waiting) for one in before] == list(HOUSES.items())
    assert watch.by_provider() == (
        ProviderProgress(provider="cedar.example", sent=1, failed=3),
        ProviderProgress(provider="gulf.example", failed=2),
        ProviderProgress(provider="nile.example", failed=1),
    )


def test_what_waits_after_a_try_is_deferred(store, edition, watch, now):
    settle(store, edition, 2, now=now, status="queued")

    assert watch.by_provider()[0] == ProviderProgress(
        provider="cedar.example", waiting=4, deferred=2
    )


def test_domains_of_one_provider_are_one_and_rare_ones_are_summed_up(
    store, newsletter, now, monkeypatch
):
    keys = ["a@gmail.com", "b@googlemail.com", "c@gmail.com", "d@cedar.example"]
    with store.begin() as session:
        made = [NewSubscriber(address=key, address_key=key) for key in keys]
        subscribers.import_confirmed(session, newsletter.id, made, now=now)
    edition = composed(store, newsletter, now=now)
    with store.begin() as session:
        planned_for(session, newsletter, edition.id, now=now)
    monkeypatch.setattr(
        "newsletter.services.sending.progress._DOMAINS", 2
    )  # gmail.com, cedar.example

    told = [(one.provider, one.waiting) for one in ProgressMonitor(store, edition.id).by_provider()]

    assert told == [(provider_of("a@gmail.com"), 2), ("cedar.example", 1), (OTHERS, 1)]
    monkeypatch.setattr("newsletter.services.sending.progress._DOMAINS", 9)
    told = [(one.provider, one.waiting) for one in ProgressMonitor(store, edition.id).by_provider()]
    assert told == [(provider_of("a@gmail.com"), 3), ("cedar.example", 1)]


def test_only_the_largest_are_told(store, edition, monkeypatch):
    monkeypatch.setattr("newsletter.services.sending.progress._SHOWN", 1)

    assert [one.waiting for one in ProgressMonitor(store, edition.id).by_provider()] == [4, 3]
