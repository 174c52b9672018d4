"""Runs in somebody's hand: paused, let go on, cancelled; failed and uncertain ones sent again."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.edition import EditionStatus, Hold
from newsletter.errors import MissingError, StateError
from newsletter.services import readers as reading
from newsletter.services import steering
from newsletter.services.deliver import deliver
from newsletter.services.dispatch import dispatch
from newsletter.services.pace import TURN_S
from newsletter.services.recover import recover
from newsletter.store import batches, deliveries
from newsletter.store.outcomes import Failed
from tests.services.worlds import (
    InterruptedRelay,
    composed,
    edition_of,
    moved,
    readers,
    statuses,
)
from tests.store.ledgers import claimed

AMAL, LINA, SAMIR = EVERYBODY = [f"{name}@example.org" for name in ("amal", "lina", "samir")]
SENDING, SENT, HELD = EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD
CANCELLED = EditionStatus.CANCELLED
QUEUED = DeliveryStatus.QUEUED
REFUSED = "550 5.2.1 mailbox disabled"


@pytest.fixture
def edition(ports, store, newsletter, now, clock):
    """An edition for Amal, Lina and Samir whose deliveries are queued."""
    readers(store, newsletter, ["amal", "lina", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    dispatch(ports, made.id)
    return made


@pytest.fixture
def refused(ports, refusing, edition, queue):
    """The ports of a relay that took Amal's, refused Lina's, and hung up after Samir's message."""
    ports = replace(ports, relay_url=refusing.url)
    refusing.to_rcpt[LINA] = REFUSED
    refusing.to_data[SAMIR] = ""
    deliver(ports, edition.id, 0)
    assert statuses(ports.store, edition.id) == {"sent": 1, "failed": 1, "uncertain": 1}
    refusing.to_rcpt.clear()
    refusing.to_data.clear()
    refusing.asked.clear()
    queue.clear()
    return ports


@pytest.fixture
def in_hand(ports, edition):
    """The edition's batch in a worker's hand."""
    with ports.store.begin() as session:
        return claimed(session, edition.id, ports.now())


def interrupted(ports, edition, act: Callable[[], object]) -> list[str]:
    """To whom messages went in a run beside which somebody acted at its first one."""

    def meanwhile() -> None:
        act()
        time.sleep(3 * TURN_S)  # the relay takes longer than the run needs to notice

    with closing(InterruptedRelay(meanwhile)) as relay:
        deliver(replace(ports, relay_url=relay.url()), edition.id, 0)
        return relay.addressed()


def replies(ports, edition) -> set[str]:
    with ports.store.begin() as session:
        failed = deliveries.of_edition(session, edition.id, statuses=[DeliveryStatus.FAILED])
    return {one.reply for one in failed}


def test_a_paused_run_stops_after_the_message_on_its_way_and_goes_on_where_it_was(
    ports, edition, queue, mail
):
    first = interrupted(ports, edition, lambda: steering.pause(ports, edition.id, by="Rana"))
    paused = edition_of(ports.store, edition.id)
    queue.clear()

    assert (paused.status, paused.hold, paused.decided_by) == (HELD, Hold.STOPPED, "Rana")
    assert "newsletter send resume" in paused.reason
    assert steering.in_hand(ports, edition.id) == 0
    assert statuses(ports.store, edition.id) == {"sent": 1, "queued": 2}

    resumed = steering.resume(ports, edition.id, by="Omar")

    assert (resumed.status, resumed.hold, resumed.reason) == (SENDING, None, "")
    assert queue == [(edition.id, (0,))]
    assert deliver(ports, edition.id, 0) == 2
    assert sorted([*first, *mail.recipients()]) == EVERYBODY


def test_what_workers_have_is_told_until_they_give_it_back(ports, edition, in_hand):
    before = steering.in_hand(ports, edition.id)
    with ports.store.begin() as session:
        batches.release(session, in_hand)

    assert (before, steering.in_hand(ports, edition.id)) == (3, 0)


@pytest.mark.parametrize(
    ("act", "state", "said"),
    [
        pytest.param(steering.pause, "draft", "is not being sent: it is draft", id="pause"),
        pytest.param(steering.pause, "held stopped", "send resume", id="pause what is stopped"),
        pytest.param(steering.pause, "sent", "send resend", id="pause what is sent"),
        pytest.param(steering.resume, "sending", "send pause", id="resume what goes on"),
        pytest.param(steering.resume, "held editor", "not stopped", id="resume an editor's"),
        pytest.param(steering.resume, "cancelled", "send resend", id="resume a cancelled"),
        pytest.param(steering.cancel, "sent", "not under way", id="cancel what is sent"),
        pytest.param(steering.cancel, "cancelled", "not under way", id="cancel twice"),
        pytest.param(steering.cancel, "draft", "not under way", id="cancel a draft"),
    ],
)
def test_what_the_state_forbids_is_said_and_changes_nothing(
    ports, edition, queue, act, state, said
):
    status, _, hold = state.partition(" ")
    moved(ports.store, edition.id, EditionStatus(status), hold=hold or None, reason="So.")
    before = edition_of(ports.store, edition.id)
    queue.clear()

    with pytest.raises(StateError, match=said):
        act(ports, edition.id, by="Rana")

    assert edition_of(ports.store, edition.id) == before
    assert statuses(ports.store, edition.id) == {"queued": 3}
    assert queue == []


def test_an_edition_that_is_held_before_it_began_cannot_be_cancelled(ports, store, newsletter, now):
    made = composed(store, newsletter, now=now)
    moved(store, made.id, HELD, hold=Hold.EDITOR)

    with pytest.raises(StateError, match="not under way"):
        steering.cancel(ports, made.id, by="Rana")


def test_a_cancelled_run_ends_and_what_had_not_left_says_why(ports, edition):
    reached = interrupted(ports, edition, lambda: steering.cancel(ports, edition.id, by="desk"))

    found = edition_of(ports.store, edition.id)
    assert reached == [AMAL]
    assert (found.status, found.hold, found.reason) == (CANCELLED, None, "Cancelled by the desk.")
    assert statuses(ports.store, edition.id) == {"sent": 1, "failed": 2}
    assert replies(ports, edition) == {"Cancelled before it was sent."}


def test_a_paused_run_may_be_cancelled(ports, edition):
    steering.pause(ports, edition.id, by="desk")

    assert steering.cancel(ports, edition.id, by="desk").status is CANCELLED
    assert statuses(ports.store, edition.id) == {"failed": 3}


def test_what_is_in_a_worker_s_hand_is_cancelled_when_it_is_given_back(ports, edition, in_hand):
    steering.cancel(ports, edition.id, by="desk")
    before = statuses(ports.store, edition.id)
    with ports.store.begin() as session:
        batches.release(session, in_hand)

    recover(ports)

    assert (before, statuses(ports.store, edition.id)) == ({"sending": 3}, {"failed": 3})


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=9)], ids=["now", "next morning"])
def test_resending_reaches_exactly_who_failed(refused, refusing, edition, queue, clock, late):
    clock.at += late

    done = steering.resend(refused, edition.id)

    opened = edition_of(refused.store, edition.id)
    assert done == steering.Resent(queued=1, left_out=Failed())
    assert (opened.status, opened.sent_at, queue) == (SENDING, None, [(edition.id, (0,))])
    assert deliver(refused, edition.id, 0) == 1
    assert (refusing.asked, refusing.taken) == ([LINA], [AMAL, LINA])
    assert statuses(refused.store, edition.id) == {"sent": 2, "uncertain": 1}
    assert edition_of(refused.store, edition.id).sent_at == clock.at


def test_what_was_cancelled_may_be_sent_after_all(ports, edition, mail):
    steering.cancel(ports, edition.id, by="desk")

    done = steering.resend(ports, edition.id)

    assert (done.queued, deliver(ports, edition.id, 0)) == (3, 3)
    assert mail.recipients() == EVERYBODY
    found = edition_of(ports.store, edition.id)
    assert (found.status, found.reason) == (SENT, "")


def test_nothing_is_sent_again_to_who_left_or_is_not_there(
    ports, store, newsletter, refusing, edition, clock
):
    ports = replace(ports, relay_url=refusing.url)
    refusing.to_rcpt |= {AMAL: REFUSED, LINA: "550 5.1.1 nobody here", SAMIR: REFUSED}
    deliver(ports, edition.id, 0)
    reading.remove(store, newsletter, AMAL, now=clock.at)
    refusing.to_rcpt.clear()

    done = steering.resend(ports, edition.id)

    assert done == steering.Resent(queued=1, left_out=Failed(left=1, suppressed=1))
    assert deliver(ports, edition.id, 0) == 1
    assert refusing.taken == [SAMIR]


def test_an_edition_of_which_nobody_failed_stays_sent(ports, edition, mail, queue):
    deliver(ports, edition.id, 0)
    before = edition_of(ports.store, edition.id)
    queue.clear()

    assert steering.resend(ports, edition.id) == steering.Resent(queued=0, left_out=Failed())
    assert (edition_of(ports.store, edition.id), queue) == (before, [])
    assert before.status is SENT


@pytest.mark.parametrize("status", ["draft", "approved", "held", "skipped"])
def test_only_what_was_sent_off_is_sent_again(ports, edition, status):
    moved(ports.store, edition.id, EditionStatus(status))

    with pytest.raises(StateError, match="neither sent, cancelled nor being sent"):
        steering.resend(ports, edition.id)


@pytest.mark.parametrize("to", [DeliveryStatus.SENT, DeliveryStatus.FAILED], ids=str)
def test_the_uncertain_are_settled_and_nothing_is_sent(refused, edition, queue, to):
    done = steering.settle(refused, edition.id, to, address=SAMIR.upper())

    assert done == steering.Settled(settled=1, left=0)
    assert statuses(refused.store, edition.id).get("uncertain") is None
    assert (edition_of(refused.store, edition.id).status, queue) == (SENT, [])


def test_the_uncertain_that_go_again_keep_their_message_id(
    refused, refusing, edition, queue, mail, ports
):
    done = steering.settle(refused, edition.id, QUEUED)

    assert done == steering.Settled(settled=1, left=0)
    assert edition_of(refused.store, edition.id).status is SENDING
    assert queue == [(edition.id, (0,))]
    assert deliver(ports, edition.id, 0) == 1  # over the relay that keeps what it takes
    (message,) = mail.messages()
    with ports.store.begin() as session:
        ids = {one.address: one.subscriber_id for one in deliveries.of_edition(session, edition.id)}
    assert message["X-Envelope-To"] == SAMIR
    assert message["Message-ID"] == f"<{edition.id}.{ids[SAMIR]}.edition@example.org>"
    assert edition_of(refused.store, edition.id).status is SENT


def test_in_a_paused_run_the_uncertain_wait_with_the_others(refused, edition, queue):
    moved(refused.store, edition.id, HELD, hold=Hold.STOPPED, reason="Paused.")

    steering.settle(refused, edition.id, QUEUED)

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

    with pytest.raises(MissingError, match=address):
        steering.settle(refused, edition.id, QUEUED, address=address)

    assert statuses(refused.store, edition.id) == {"sent": 1, "failed": 1, "uncertain": 1}
    assert edition_of(refused.store, edition.id) == before


def test_with_nobody_in_doubt_there_is_nothing_to_settle(ports, edition, mail):
    deliver(ports, edition.id, 0)

    assert steering.settle(ports, edition.id, QUEUED) == steering.Settled(settled=0, left=0)
    assert edition_of(ports.store, edition.id).status is SENT


def test_who_left_is_not_sent_to_again_for_being_in_doubt(
    refused, store, newsletter, edition, clock
):
    reading.remove(store, newsletter, SAMIR, now=clock.at)

    with pytest.raises(StateError, match="None of the uncertain"):
        steering.settle(refused, edition.id, QUEUED)

    assert edition_of(store, edition.id).status is SENT
