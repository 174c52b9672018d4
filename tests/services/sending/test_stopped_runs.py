"""Runs that stop half-way, by the relay, an editor or the clock: the rest waits, and goes on."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.embedded.shared_server import free_port
from newsletter.errors import InvalidStateError
from newsletter.mail.smtp import RelaySet
from newsletter.services.editions import review
from newsletter.services.editions.compose import compose
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import dispatch, send_now
from newsletter.services.sending.recovery import recover
from tests.services.worlds import (
    AMMAN,
    BAGHDAD,
    CAIRO,
    InterruptedRelay,
    composed,
    edition_of,
    moved,
    news,
    readers,
    statuses,
    wait_until_noticed,
)
from tests.smtp_server import OFFERED, SmtpServer, smtp_server

AMAL, LINA, SAMIR = EVERYBODY = [f"{name}@example.org" for name in ("amal", "lina", "samir")]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SENDING, SENT, HELD = EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD
BLOCKED = "530 5.7.0 log in first"


@pytest.fixture
def edition(ports, store, newsletter, now, clock):
    """An edition for Amal, Lina and Samir whose deliveries are queued."""
    readers(store, newsletter, ["amal", "lina", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    dispatch(ports, made.id)
    return made


@pytest.fixture
def half_sent(ports, refusing, edition, queue):
    """The ports of a relay that took Amal's message, and refused us at Lina's; it has calmed."""
    ports = replace(ports, relays=RelaySet.parse(refusing.url))
    refusing.to_rcpt[LINA] = BLOCKED
    deliver(ports, edition.id, 0)
    refusing.to_rcpt.clear()
    queue.clear()
    return ports


@pytest.fixture
def asking() -> Iterator[SmtpServer]:
    """A relay that asks for a password."""
    with smtp_server(extensions=(*OFFERED, "AUTH PLAIN")) as server:
        yield server


@pytest.mark.parametrize(
    "late",
    [pytest.param(MINUTE, id="a minute later"), pytest.param(9 * HOUR, id="the next morning")],
)
def test_an_operator_s_word_lets_a_stopped_run_go_on(
    half_sent, refusing, edition, queue, clock, late
):
    clock.at += late

    done = send_now(half_sent, edition.id)

    found = edition_of(half_sent.store, edition.id)
    assert (done.status, queue) == (SENDING, [(edition.id, (0,))])
    assert (found.status, found.hold, found.reason) == (SENDING, None, "")
    assert statuses(half_sent.store, edition.id) == {"sent": 1, "queued": 2}
    assert deliver(half_sent, edition.id, 0) == 2
    assert sorted(refusing.taken) == EVERYBODY
    assert edition_of(half_sent.store, edition.id).status is SENT


def test_an_operator_s_word_finds_the_order_to_deliver_that_was_lost(ports, edition, queue):
    queue.clear()

    assert send_now(ports, edition.id).status is SENDING

    assert queue == [(edition.id, (0,))]


def test_a_cancelled_edition_is_not_sent_by_a_plain_word(ports, edition, queue):
    moved(ports.store, edition.id, EditionStatus.CANCELLED)
    queue.clear()

    with pytest.raises(InvalidStateError, match="newsletter send resend"):
        send_now(ports, edition.id, force=True)

    assert queue == []
    assert statuses(ports.store, edition.id) == {"queued": 3}


def test_the_reason_of_a_stopped_run_is_what_the_relay_said(half_sent, edition):
    found = edition_of(half_sent.store, edition.id)

    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert found.reason == f"The relay refuses us ({BLOCKED}); the rest waits."


def test_a_relay_that_refuses_our_password_stops_the_run_and_loses_nothing(
    ports, edition, asking, clock
):
    asking.script("AUTH", "535 5.7.8 wrong")
    locked_out = replace(ports, relays=RelaySet.parse(asking.url(login="desk:old")))

    assert deliver(locked_out, edition.id, 0) == 0

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert "NEWSLETTER_SMTP_URL (535)" in found.reason
    clock.at += HOUR
    assert recover(locked_out).uncertain == 0
    assert statuses(ports.store, edition.id) == {"queued": 3}


def test_with_the_right_password_the_run_goes_on(ports, edition, asking, clock):
    asking.script("AUTH", "535 5.7.8 wrong")
    deliver(replace(ports, relays=RelaySet.parse(asking.url(login="desk:old"))), edition.id, 0)
    clock.at += MINUTE
    review.approve(ports, edition.id, by="Rana")

    sent = deliver(
        replace(ports, relays=RelaySet.parse(asking.url(login="desk:new"))), edition.id, 0
    )

    known = b64encode(b"\0desk\0new").decode()
    assert (sent, len(asking.messages)) == (3, 3)
    assert f"AUTH PLAIN {known}" in asking.commands
    assert edition_of(ports.store, edition.id).status is SENT


def test_an_edition_held_in_mid_run_stops_after_the_message_on_its_way(ports, edition):
    def hold():
        review.hold(ports, edition.id, note="Wrong photo.", by="Rana")
        wait_until_noticed(ports.store, edition.id)  # the relay's answer comes after that

    with closing(InterruptedRelay(hold)) as relay:
        sent = deliver(replace(ports, relays=RelaySet.parse(relay.url())), edition.id, 0)

    found = edition_of(ports.store, edition.id)
    assert (sent, relay.addressed()) == (1, [AMAL])
    assert statuses(ports.store, edition.id) == {"sent": 1, "queued": 2}
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert (found.reason, found.decided_by) == ("Wrong photo.", "Rana")


def test_a_run_held_half_way_goes_on_when_approved_and_reaches_nobody_twice(ports, edition):
    def hold():
        review.hold(ports, edition.id, note="Wrong photo.", by="Rana")
        wait_until_noticed(ports.store, edition.id)

    with closing(InterruptedRelay(hold)) as relay:
        beside = replace(ports, relays=RelaySet.parse(relay.url()))
        deliver(beside, edition.id, 0)
        while_held = deliver(beside, edition.id, 0)
        review.approve(ports, edition.id, by="Rana")
        after = deliver(beside, edition.id, 0)

    assert (while_held, after) == (0, 2)
    assert relay.addressed() == EVERYBODY
    assert edition_of(ports.store, edition.id).status is SENT


@pytest.mark.parametrize(
    ("late", "sent"),
    [
        pytest.param(4 * HOUR, 3, id="four hours late"),
        pytest.param(4 * HOUR + MINUTE, 0, id="later than that"),
    ],
)
def test_what_could_not_leave_for_four_hours_waits_for_a_word(
    ports, edition, mail, clock, late, sent
):
    down = replace(ports, relays=RelaySet.parse(f"smtp://127.0.0.1:{free_port()}"))
    deliver(down, edition.id, 0)
    clock.at += late

    assert deliver(ports, edition.id, 0) == sent

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold) == ((SENT, None) if sent else (HELD, HoldReason.STOPPED))
    assert ("It could not be delivered in four hours" in found.reason) is not bool(sent)
    assert statuses(ports.store, edition.id) == ({"sent": 3} if sent else {"queued": 3})
    assert len(mail.messages()) == sent


def test_a_run_that_waited_too_long_goes_on_when_it_is_approved(ports, edition, mail, clock):
    clock.at += 5 * HOUR
    deliver(ports, edition.id, 0)

    review.approve(ports, edition.id, by="Rana")

    assert deliver(ports, edition.id, 0) == 3
    assert mail.recipients() == EVERYBODY
    assert edition_of(ports.store, edition.id).status is SENT


def test_composing_anew_keeps_an_editor_s_hold_and_who_made_it(ports, store, newsletter, now):
    first = composed(store, newsletter, now=now)
    review.hold(ports, first.id, note="Ask Lina.", by="Rana")
    news(store, CAIRO, now=now - 2 * HOUR, source="Gulf Wire")

    again = compose(store, newsletter, now.date(), now=now)

    assert CAIRO in {story.title for story in again.stories}
    assert (again.id, again.status, again.hold) == (first.id, HELD, HoldReason.EDITOR)
    assert (again.reason, again.decided_by) == ("Ask Lina.", "Rana")


def test_composing_anew_decides_anew_on_what_no_editor_holds(store, newsletter, now):
    news(store, AMMAN, BAGHDAD, now=now - 2 * HOUR)
    first = compose(store, newsletter, now.date(), now=now)
    moved(
        store,
        first.id,
        HELD,
        hold=HoldReason.TOO_FEW_STORIES,
        reason="A thin day.",
        decided_by="Rana",
    )
    news(store, CAIRO, now=now - 2 * HOUR, source="Gulf Wire")

    again = compose(store, newsletter, now.date(), now=now)

    assert (again.status, again.hold) == (EditionStatus.DRAFT, None)
    assert (again.reason, again.decided_by) == ("", "")
