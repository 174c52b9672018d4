"""The ledger held against what was kept."""

import pytest

from newsletter.domain.delivery.reconciliation import MAX_LISTED, Finding, reconcile
from newsletter.domain.delivery.status import DeliveryStatus
from tests.cases import for_each

LOST, REPEATED = Finding.LOST, Finding.REPEATED
OUTSIDE, SURPRISING = Finding.REPEATED_OUTSIDE_UNCERTAIN, Finding.UNEXPECTED
ON_REQUEST = Finding.REPEATED_ON_REQUEST
KEPT, NOT_KEPT = Finding.UNCERTAIN_ARCHIVED, Finding.UNCERTAIN_NOT_ARCHIVED


@for_each(
    ("status", "attempts", "times", "repeats", "findings", "agrees"),
    [
        pytest.param("sent", 1, 1, False, set(), True, id="sent and kept"),
        pytest.param("sent", 1, 0, False, {LOST}, False, id="sent and not kept"),
        pytest.param("sent", 1, 2, False, {REPEATED, OUTSIDE}, False, id="kept twice"),
        pytest.param("sent", 2, 2, False, {REPEATED, OUTSIDE}, False, id="twice after greylisting"),
        pytest.param("sent", 2, 2, True, {REPEATED}, True, id="twice where doubt repeats"),
        pytest.param("sent", 1, 2, True, {REPEATED, OUTSIDE}, False, id="twice in one attempt"),
        pytest.param("uncertain", 1, 0, False, {NOT_KEPT}, True, id="in doubt and not kept"),
        pytest.param("uncertain", 1, 1, False, {KEPT}, True, id="in doubt and kept"),
        pytest.param("uncertain", 1, 2, False, {KEPT, REPEATED}, True, id="in doubt, kept twice"),
        pytest.param("failed", 1, 0, False, set(), True, id="failed and not kept"),
        pytest.param("failed", 1, 1, False, {SURPRISING}, False, id="failed and kept"),
        pytest.param("failed", 2, 1, True, set(), True, id="in doubt, then failed"),
        pytest.param("queued", 0, 0, False, set(), True, id="waits"),
        pytest.param("queued", 0, 1, True, {SURPRISING}, False, id="never tried and kept"),
        pytest.param("queued", 1, 1, False, {SURPRISING}, False, id="deferred and kept"),
        pytest.param("queued", 1, 1, True, set(), True, id="in doubt, to be repeated"),
    ],
)
def test_each_delivery_is_judged_by_what_was_kept_of_it(
    status, attempts, times, repeats, findings, agrees
):
    audit = reconcile([(7, status, attempts, False)], {7: times} if times else {}, repeats=repeats)

    assert {finding for finding, count in audit.counts.items() if count} == findings
    assert all(audit.ids[finding] == [7] for finding in findings)
    assert audit.agrees is agrees
    assert (audit.recipients, audit.archived) == (1, times)
    assert audit.states[DeliveryStatus(status)] == 1


@pytest.mark.parametrize(
    ("status", "attempts", "times", "findings"),
    [
        pytest.param("sent", 1, 1, set(), id="it was not there before"),
        pytest.param("sent", 1, 2, {REPEATED, ON_REQUEST}, id="it was there already"),
        pytest.param("queued", 0, 1, set(), id="it was there, and waits"),
        pytest.param("failed", 1, 1, set(), id="it was there, and is refused now"),
        pytest.param("uncertain", 1, 2, {KEPT, REPEATED, ON_REQUEST}, id="in doubt once more"),
        pytest.param("sent", 1, 0, {LOST}, id="sent and not kept"),
    ],
)
def test_who_was_in_doubt_and_put_back_by_hand_may_have_it_twice(status, attempts, times, findings):
    audit = reconcile([(7, status, attempts, True)], {7: times} if times else {}, repeats=False)

    assert {finding for finding, count in audit.counts.items() if count} == findings
    assert audit.agrees is (LOST not in findings)


def test_a_message_to_somebody_who_is_not_in_the_ledger_is_a_surprise():
    audit = reconcile([(1, "sent", 1, False)], {1: 1, 9: 1}, repeats=True)

    assert audit.ids[SURPRISING] == [9]
    assert (audit.recipients, audit.archived, audit.agrees) == (1, 2, False)


def test_all_are_counted_and_the_first_are_named():
    audit = reconcile(((n, "sent", 1, False) for n in range(1, 100)), {}, repeats=False)

    assert audit.counts[LOST] == 99
    assert audit.ids[LOST] == list(range(1, MAX_LISTED + 1))


def test_an_empty_ledger_and_an_empty_relay_agree():
    audit = reconcile([], {}, repeats=False)

    assert (audit.recipients, audit.archived, audit.agrees) == (0, 0, True)
