"""A claimed batch: what is handed out, what the ledger has to hear of, and when it is over."""

from datetime import date

import pytest

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.services.sending.run.claims.claimed_batch import RENEW_S, ClaimedBatch
from newsletter.services.sending.run.claims.throttled_queue import ThrottledQueue
from newsletter.services.sending.run.outcomes import DeliveryResult
from newsletter.store.delivery.batches import Batch, ClaimedDelivery, DeliveryOutcome
from newsletter.store.delivery.send_journal import SendJournal


def result(key: int) -> DeliveryResult:
    outcome = DeliveryOutcome(
        subscriber_id=key, status=DeliveryStatus.SENT, code=250, reply="2.0.0 ok"
    )
    return DeliveryResult(outcome)


@pytest.fixture
def batch(tmp_path):
    due = [
        ClaimedDelivery(key, key, f"{key}@example.org", "", "", is_subscribed=True, attempts=0)
        for key in (1, 2, 3)
    ]
    claim = Batch(edition_id=1, batch=0, month=date(2026, 3, 1), fence=1, deliveries=tuple(due))
    journal = SendJournal(tmp_path, edition_id=1, batch=0, fence=1)
    made = ClaimedBatch(claim, journal)
    yield made
    made.delete_journal()


def test_deliveries_are_handed_out_once_and_in_order(batch):
    keys = []
    while batch.remaining:
        keys.append(batch.hand_out().delivery.subscriber_id)

    assert keys == [1, 2, 3]


def test_what_comes_while_a_settlement_is_written_is_for_the_next_one(batch):
    for _ in range(2):
        batch.hand_out()
    batch.record(result(1), Reply(code=250))
    first = batch.take_unsettled([2])
    batch.record(result(2), Reply(code=250))
    batch.end_writing()
    batch.mark_settled(first, at=10.0)

    assert batch.unsettled == 1
    second = batch.take_unsettled([])
    assert [each.outcome.subscriber_id for each in second.results] == [2]


def test_what_a_failed_settlement_took_is_taken_again_and_wakes_nobody_meanwhile(batch):
    batch.hand_out()
    batch.record(result(1), Reply(code=250))
    batch.take_unsettled([])
    batch.end_writing()

    assert batch.unsettled == 0
    assert batch.has_results
    assert len(batch.take_unsettled([]).results) == 1


def test_it_is_over_once_everything_is_settled_or_left_queued(batch):
    for _ in range(3):
        batch.hand_out()
    batch.record(result(1))
    batch.record(result(2))
    batch.leave_queued(1)
    assert not batch.is_over

    settlement = batch.take_unsettled([])
    batch.mark_settled(settlement, at=0.0)
    assert not batch.is_over  # the settlement has not ended

    batch.end_writing()
    assert batch.is_over


def test_one_whose_last_wait_for_their_provider_is_idle_and_not_over(batch):
    throttled = ThrottledQueue()
    while batch.remaining:
        throttled.put(batch.hand_out())

    assert batch.is_idle
    assert not batch.is_over
    throttled.take(lambda _: True)
    assert not batch.is_idle


@pytest.mark.parametrize(
    ("window_ids", "later_s", "has_news"),
    [
        pytest.param([1, 2], 0, False, id="nothing has changed"),
        pytest.param([2, 1], 0, False, id="the same names in another order"),
        pytest.param([1], 0, True, id="other names"),
        pytest.param([1, 2], RENEW_S + 1, True, id="an old lease"),
    ],
)
def test_the_ledger_hears_of_a_batch_that_has_news(batch, window_ids, later_s, has_news):
    batch.mark_settled(batch.take_unsettled([1, 2]), at=100.0)

    assert batch.has_news(window_ids, now=100.0 + later_s) is has_news
