"""A run in somebody's hand: paused, let go on, cancelled."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.errors import InvalidStateError
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending import control
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.recovery import recover
from newsletter.store.delivery import batches, deliveries
from tests.services.worlds import (
    InterruptedRelay,
    composed,
    edition_of,
    moved,
    statuses,
    wait_until_noticed,
)
from tests.store.ledgers import claimed

AMAL, *_ = EVERYBODY = [f"{name}@example.org" for name in ("amal", "lina", "samir")]
SENDING, HELD, CANCELLED = EditionStatus.SENDING, EditionStatus.HELD, EditionStatus.CANCELLED


@pytest.fixture
def in_hand(ports, edition):
    """The edition's batch in a worker's hand."""
    with ports.store.begin() as session:
        return claimed(session, edition.id, ports.now())


def interrupted(ports, edition, act: Callable[[], object]) -> list[str]:
    """To whom messages went in a run beside which somebody acted at its first one."""

    def meanwhile() -> None:
        act()
        wait_until_noticed(ports.store, edition.id)  # the relay's answer comes after that

    with closing(InterruptedRelay(meanwhile)) as relay:
        deliver(replace(ports, relays=RelaySet.parse(relay.url())), edition.id, 0)
        return relay.addressed()


def replies(ports, edition) -> set[str]:
    with ports.store.begin() as session:
        failed = deliveries.list_for_edition(session, edition.id, statuses=[DeliveryStatus.FAILED])
    return {one.reply for one in failed}


def test_a_paused_run_stops_after_the_message_on_its_way_and_goes_on_where_it_was(
    ports, edition, queue, mail
):
    first = interrupted(ports, edition, lambda: control.pause(ports, edition.id, by="Rana"))
    paused = edition_of(ports.store, edition.id)
    queue.clear()

    assert (paused.status, paused.hold, paused.decided_by) == (HELD, HoldReason.STOPPED, "Rana")
    assert "newsletter send resume" in paused.reason
    assert control.count_in_progress(ports, edition.id) == 0
    assert statuses(ports.store, edition.id) == {"sent": 1, "queued": 2}

    resumed = control.resume(ports, edition.id, by="Omar")

    assert (resumed.status, resumed.hold, resumed.reason) == (SENDING, None, "")
    assert queue == [(edition.id, (0,))]
    assert deliver(ports, edition.id, 0) == 2
    assert sorted([*first, *mail.recipients()]) == EVERYBODY


def test_what_workers_have_is_told_until_they_give_it_back(ports, edition, in_hand):
    before = control.count_in_progress(ports, edition.id)
    with ports.store.begin() as session:
        batches.release(session, in_hand)

    assert (before, control.count_in_progress(ports, edition.id)) == (3, 0)


@pytest.mark.parametrize(
    ("act", "state", "said"),
    [
        pytest.param(control.pause, "draft", "is not being sent: it is draft", id="pause"),
        pytest.param(control.pause, "held stopped", "send resume", id="pause what is stopped"),
        pytest.param(control.pause, "sent", "send resend", id="pause what is sent"),
        pytest.param(control.resume, "sending", "send pause", id="resume what goes on"),
        pytest.param(control.resume, "held editor", "not stopped", id="resume an editor's"),
        pytest.param(control.resume, "cancelled", "send resend", id="resume a cancelled"),
        pytest.param(control.cancel, "sent", "not under way", id="cancel what is sent"),
        pytest.param(control.cancel, "cancelled", "not under way", id="cancel twice"),
        pytest.param(control.cancel, "draft", "not under way", id="cancel a draft"),
    ],
)
def test_what_the_state_forbids_is_said_and_changes_nothing(
    ports, edition, queue, act, state, said
):
    status, _, hold = state.partition(" ")
    moved(ports.store, edition.id, EditionStatus(status), hold=hold or None, reason="So.")
    before = edition_of(ports.store, edition.id)
    queue.clear()

    with pytest.raises(InvalidStateError, match=said):
        act(ports, edition.id, by="Rana")

    assert edition_of(ports.store, edition.id) == before
    assert statuses(ports.store, edition.id) == {"queued": 3}
    assert queue == []


def test_an_edition_that_is_held_before_it_began_cannot_be_cancelled(ports, store, newsletter, now):
    made = composed(store, newsletter, now=now)
    moved(store, made.id, HELD, hold=HoldReason.EDITOR)

    with pytest.raises(InvalidStateError, match="not under way"):
        control.cancel(ports, made.id, by="Rana")


def test_a_cancelled_run_ends_and_what_had_not_left_says_why(ports, edition):
    reached = interrupted(ports, edition, lambda: control.cancel(ports, edition.id, by="desk"))

    found = edition_of(ports.store, edition.id)
    assert reached == [AMAL]
    assert (found.status, found.hold, found.reason) == (CANCELLED, None, "Cancelled by the desk.")
    assert statuses(ports.store, edition.id) == {"sent": 1, "failed": 2}
    assert replies(ports, edition) == {"Cancelled before it was sent."}


def test_a_paused_run_may_be_cancelled(ports, edition):
    control.pause(ports, edition.id, by="desk")

    assert control.cancel(ports, edition.id, by="desk").status is CANCELLED
    assert statuses(ports.store, edition.id) == {"failed": 3}


def test_what_is_in_a_worker_s_hand_is_cancelled_when_it_is_given_back(ports, edition, in_hand):
    control.cancel(ports, edition.id, by="desk")
    before = statuses(ports.store, edition.id)
    with ports.store.begin() as session:
        batches.release(session, in_hand)

    recover(ports)

    assert (before, statuses(ports.store, edition.id)) == ({"sending": 3}, {"failed": 3})
