"""The failed sent to again, the uncertain settled or sent again; nobody else."""

from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from newsletter.domain.delivery.ledger import RetryableCounts
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.errors import InvalidStateError, NotFoundError
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending import control
from newsletter.services.sending.deliver import deliver
from newsletter.services.subscribers import admin
from newsletter.store.delivery import deliveries
from tests.services.worlds import edition_of, moved, statuses

AMAL, LINA, SAMIR = EVERYBODY = [f"{name}@example.org" for name in ("amal", "lina", "samir")]
SENDING, SENT, HELD = EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD
QUEUED = DeliveryStatus.QUEUED
REFUSED = "550 5.2.1 mailbox disabled"


@pytest.fixture
def refused(ports, refusing, edition, queue):
    """The ports of a relay that took Amal's, refused Lina's, and hung up after Samir's message."""
    ports = replace(ports, relays=RelaySet.parse(refusing.url))
    refusing.to_rcpt[LINA] = REFUSED
    refusing.to_data[SAMIR] = ""
    deliver(ports, edition.id, 0)
    assert statuses(ports.store, edition.id) == {"sent": 1, "failed": 1, "uncertain": 1}
    refusing.to_rcpt.clear()
    refusing.to_data.clear()
    refusing.asked.clear()
    queue.clear()
    return ports


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=9)], ids=["now", "next morning"])
def test_resending_reaches_exactly_who_failed(refused, refusing, edition, queue, clock, late):
    clock.at += late

    done = control.resend(refused, edition.id)

    opened = edition_of(refused.store, edition.id)
    assert done == control.ResendResult(queued=1, left_out=RetryableCounts())
    assert (opened.status, opened.sent_at, queue) == (SENDING, None, [(edition.id, (0,))])
    assert deliver(refused, edition.id, 0) == 1
    assert (refusing.asked, refusing.taken) == ([LINA], [AMAL, LINA])
    assert statuses(refused.store, edition.id) == {"sent": 2, "uncertain": 1}
    assert edition_of(refused.store, edition.id).sent_at == clock.at


def test_what_was_cancelled_may_be_sent_after_all(ports, edition, mail):
    control.cancel(ports, edition.id, by="desk")

    done = control.resend(ports, edition.id)

    assert (done.queued, deliver(ports, edition.id, 0)) == (3, 3)
    assert mail.recipients() == EVERYBODY
    found = edition_of(ports.store, edition.id)
    assert (found.status, found.reason) == (SENT, "")


def test_nothing_is_sent_again_to_who_left_or_is_not_there(
    ports, store, newsletter, refusing, edition, clock
):
    ports = replace(ports, relays=RelaySet.parse(refusing.url))
    refusing.to_rcpt |= {AMAL: REFUSED, LINA: "550 5.1.1 nobody here", SAMIR: REFUSED}
    deliver(ports, edition.id, 0)
    admin.remove(store, newsletter, AMAL, now=clock.at)
    refusing.to_rcpt.clear()

    done = control.resend(ports, edition.id)

    assert done == control.ResendResult(queued=1, left_out=RetryableCounts(left=1, suppressed=1))
    assert deliver(ports, edition.id, 0) == 1
    assert refusing.taken == [SAMIR]


def test_an_edition_of_which_nobody_failed_stays_sent(ports, edition, mail, queue):
    deliver(ports, edition.id, 0)
    before = edition_of(ports.store, edition.id)
    queue.clear()

    assert control.resend(ports, edition.id) == control.ResendResult(
        queued=0, left_out=RetryableCounts()
    )
    assert (edition_of(ports.store, edition.id), queue) == (before, [])
    assert before.status is SENT


@pytest.mark.parametrize("status", ["draft", "approved", "held", "skipped"])
def test_only_what_was_sent_off_is_sent_again(ports, edition, status):
    moved(ports.store, edition.id, EditionStatus(status))

    with pytest.raises(InvalidStateError, match="neither sent, cancelled nor being sent"):
        control.resend(ports, edition.id)


@pytest.mark.parametrize("to", [DeliveryStatus.SENT, DeliveryStatus.FAILED], ids=str)
def test_the_uncertain_are_settled_and_nothing_is_sent(refused, edition, queue, to):
    done = control.resolve_uncertain(refused, edition.id, to, address=SAMIR.upper())

    assert done == control.ResolveResult(resolved=1, left=0)
    assert statuses(refused.store, edition.id).get("uncertain") is None
    assert (edition_of(refused.store, edition.id).status, queue) == (SENT, [])


def test_the_uncertain_that_go_again_keep_their_message_id_and_are_dated_anew(
    refused, refusing, edition, *, queue, mail, ports, clock
):
    clock.at += timedelta(hours=1)
    done = control.resolve_uncertain(refused, edition.id, QUEUED)

    assert done == control.ResolveResult(resolved=1, left=0)
    assert edition_of(refused.store, edition.id).status is SENDING
    assert queue == [(edition.id, (0,))]
    assert deliver(ports, edition.id, 0) == 1  # over the relay that keeps what it takes
    (message,) = mail.messages()
    with ports.store.begin() as session:
        ids = {
            one.address: one.subscriber_id
            for one in deliveries.list_for_edition(session, edition.id)
        }
    assert message["X-Envelope-To"] == SAMIR
    assert message["Message-ID"] == f"<{edition.id}.{ids[SAMIR]}.{edition.uid}.edition@example.org>"
    assert parsedate_to_datetime(str(message["Date"])) == clock.at
    assert edition_of(refused.store, edition.id).status is SENT


def test_in_a_paused_run_the_uncertain_wait_with_the_others(refused, edition, queue):
    moved(refused.store, edition.id, HELD, hold=HoldReason.STOPPED, reason="Paused.")

    control.resolve_uncertain(refused, edition.id, QUEUED)

    found = edition_of(refused.store, edition.id)
    assert (found.status, found.reason, queue) == (HELD, "Paused.", [])
    assert statuses(refused.store, edition.id) == {"sent": 1, "failed": 1, "queued": 1}


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(AMAL, id="one that was sent"),
        pytest.param("nobody@example.org", id="a stranger"),
    ],
)
def test_who_is_not_in_doubt_is_not_settled(refused, edition, address):
    before = edition_of(refused.store, edition.id)

    with pytest.raises(NotFoundError, match=address):
        control.resolve_uncertain(refused, edition.id, QUEUED, address=address)

    assert statuses(refused.store, edition.id) == {"sent": 1, "failed": 1, "uncertain": 1}
    assert edition_of(refused.store, edition.id) == before


def test_with_nobody_in_doubt_there_is_nothing_to_settle(ports, edition, mail):
    deliver(ports, edition.id, 0)

    assert control.resolve_uncertain(ports, edition.id, QUEUED) == control.ResolveResult(
        resolved=0, left=0
    )
    assert edition_of(ports.store, edition.id).status is SENT


def test_who_left_is_not_sent_to_again_for_being_in_doubt(
    refused, store, newsletter, edition, clock
):
    admin.remove(store, newsletter, SAMIR, now=clock.at)

    with pytest.raises(InvalidStateError, match="None of the uncertain"):
        control.resolve_uncertain(refused, edition.id, QUEUED)

    assert edition_of(store, edition.id).status is SENT
