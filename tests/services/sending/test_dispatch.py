"""Dispatch: at its minute an edition goes out or is held; an operator's word; a test message."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from newsletter.errors import InvalidStateError
from newsletter.mail.smtp import RelaySet
from newsletter.services.editions import render
from newsletter.services.sending.dispatch import dispatch, send_now
from newsletter.services.sending.test_message import send_test
from newsletter.store import Store
from newsletter.store.editions import newsletters
from tests.services.worlds import composed, edition_of, moved, readers, statuses

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HELD, SENDING, SENT = EditionStatus.HELD, EditionStatus.SENDING, EditionStatus.SENT


@pytest.fixture
def edition(store, newsletter, now, clock):
    """A draft for Amal and Samir, at its minute."""
    readers(store, newsletter, ["amal", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    return made


@pytest.fixture
def asks_for_approval(store, newsletter, now):
    with store.begin() as session:
        newsletters.save(
            session, replace(newsletter, approval_policy=ApprovalPolicy.REQUIRED), now=now
        )


def test_at_its_minute_an_edition_is_frozen_planned_and_queued(ports, edition, newsletter, queue):
    done = dispatch(ports, edition.id)

    assert (done.status, done.planned) == (SENDING, 2)
    assert queue == [(edition.id, (0,))]
    assert statuses(ports.store, edition.id) == {"queued": 2}
    assert edition_of(ports.store, edition.id).frozen_at == ports.now()
    with ports.store.begin() as session:
        assert render.load_frozen(session, edition.id) == render.render_preview(
            ports, edition, newsletter
        )


def test_the_order_to_deliver_comes_after_the_commit(ports, edition):
    seen = []

    def enqueue(edition_id, batches):
        seen.append((edition_of(ports.store, edition_id).status, batches))

    dispatch(replace(ports, enqueue=enqueue), edition.id)

    assert seen == [(SENDING, (0,))]


def test_dispatched_twice_an_edition_goes_out_once(ports, edition, queue):
    dispatch(ports, edition.id)

    again = dispatch(ports, edition.id)

    assert (again.status, again.planned) == (SENDING, 0)
    assert len(queue) == 1
    assert statuses(ports.store, edition.id) == {"queued": 2}


def test_with_no_reader_an_edition_is_sent_at_once(ports, store, newsletter, now):
    made = composed(store, newsletter, now=now)

    done = dispatch(ports, made.id)

    found = edition_of(store, made.id)
    assert (done.status, done.planned) == (SENT, 0)
    assert (found.status, found.sent_at) == (SENT, now)
    assert found.reason == "Nobody is subscribed yet."


@pytest.mark.parametrize(
    ("late", "hold"),
    [
        pytest.param(2 * HOUR, None, id="within its grace"),
        pytest.param(2 * HOUR + MINUTE, HoldReason.LATE, id="past its grace"),
    ],
)
def test_an_edition_is_held_when_its_minute_is_long_past(ports, edition, clock, late, hold, queue):
    clock.at += late

    dispatch(ports, edition.id)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold) == ((HELD if hold else SENDING), hold)
    assert ("18:00 on 2026-03-03" in found.reason) is bool(hold)
    assert bool(queue) is not bool(hold)


@pytest.mark.parametrize(
    ("status", "after"),
    [
        pytest.param(EditionStatus.DRAFT, (HELD, HoldReason.UNAPPROVED), id="that nobody approved"),
        pytest.param(EditionStatus.APPROVED, (SENDING, None), id="that somebody approved"),
    ],
)
def test_where_approval_is_asked_for(ports, edition, asks_for_approval, status, after):
    moved(ports.store, edition.id, status)

    dispatch(ports, edition.id)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold) == after
    assert ("Nobody had approved it" in found.reason) is (status is EditionStatus.DRAFT)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(EditionStatus.HELD, id="held"),
        pytest.param(EditionStatus.SKIPPED, id="skipped"),
        pytest.param(EditionStatus.SENT, id="sent"),
    ],
)
def test_what_does_not_wait_is_left_as_it_is(ports, edition, queue, status):
    moved(ports.store, edition.id, status, reason="So it is.")

    done = dispatch(ports, edition.id)

    assert (done.status, done.planned, done.reason) == (status, 0, "So it is.")
    assert queue == []
    assert statuses(ports.store, edition.id) == {}


def test_an_email_that_the_build_refuses_is_held_and_says_why(ports, edition, queue):
    moved(ports.store, edition.id, EditionStatus.DRAFT, subject="")

    dispatch(ports, edition.id)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold) == (HELD, HoldReason.REFUSED)
    assert "Its subject is empty." in found.reason
    assert (queue, statuses(ports.store, edition.id)) == ([], {})


@pytest.mark.parametrize(
    ("status", "hold", "force"),
    [
        pytest.param(EditionStatus.DRAFT, None, False, id="a draft"),
        pytest.param(EditionStatus.APPROVED, None, False, id="an approved one"),
        pytest.param(HELD, HoldReason.LATE, False, id="one held as late"),
        pytest.param(HELD, HoldReason.UNAPPROVED, False, id="one that nobody approved"),
        pytest.param(HELD, HoldReason.EDITOR, True, id="one an editor holds, by force"),
        pytest.param(HELD, HoldReason.TOO_FEW_STORIES, True, id="a thin one, by force"),
    ],
)
def test_an_operator_s_word_sends_an_edition_at_any_time(
    ports, edition, asks_for_approval, status, hold, force
):
    moved(ports.store, edition.id, status, hold=hold, reason="Held.")

    done = send_now(ports, edition.id, force=force)

    found = edition_of(ports.store, edition.id)
    assert (done.status, done.planned) == (SENDING, 2)
    assert (found.status, found.hold, found.reason) == (SENDING, None, "")


@pytest.mark.parametrize(
    ("status", "hold", "force", "says"),
    [
        pytest.param(
            HELD, HoldReason.EDITOR, False, "Held. Send it all the same", id="an editor's"
        ),
        pytest.param(
            HELD, HoldReason.TOO_FEW_STORIES, False, "Held. Send it all the same", id="a thin one"
        ),
        pytest.param(EditionStatus.SKIPPED, None, True, "is skipped", id="a skipped one"),
    ],
)
def test_some_editions_are_not_sent_on_a_word(ports, edition, status, hold, force, says):
    moved(ports.store, edition.id, status, hold=hold, reason="Held.")

    with pytest.raises(InvalidStateError, match=says):
        send_now(ports, edition.id, force=force)

    assert edition_of(ports.store, edition.id).status is status


@pytest.mark.parametrize("status", [SENDING, SENT])
def test_an_edition_that_is_out_is_not_sent_again(ports, edition, queue, status):
    moved(ports.store, edition.id, status)

    assert send_now(ports, edition.id, force=True).status is status
    assert queue == []


def test_a_test_message_goes_to_one_address_and_changes_nothing(ports, edition, newsletter, mail):
    send_test(ports, edition, newsletter, "editor@example.org")

    (message,) = mail.messages()
    body = message.get_body(("plain",))
    assert body is not None
    assert message["X-Envelope-To"] == "editor@example.org"
    assert "Test" in body.get_content()
    assert edition_of(ports.store, edition.id) == edition
    assert statuses(ports.store, edition.id) == {}


def test_two_test_messages_are_two_messages_dated_now(ports, edition, newsletter, mail, clock):
    for _ in range(2):
        send_test(ports, edition, newsletter, "editor@example.org")
        clock.at += timedelta(seconds=1)

    found = mail.messages()
    assert len({one["Message-ID"] for one in found}) == 2
    assert all(str(one["Message-ID"]).endswith(".test@example.org>") for one in found)
    dates = sorted(parsedate_to_datetime(str(one["Date"])) for one in found)
    assert dates == [clock.at - timedelta(seconds=2), clock.at - timedelta(seconds=1)]


def test_a_test_message_that_is_refused_says_what_the_relay_said(
    ports, edition, newsletter, refusing
):
    refusing.to_rcpt["editor@example.org"] = "550 5.1.1 no such user"

    with pytest.raises(InvalidStateError, match="550 no such user"):
        send_test(
            replace(ports, relays=RelaySet.parse(refusing.url)),
            edition,
            newsletter,
            "editor@example.org",
        )


REAL, CATCHER = "smtp://relay.harbour-times.press", "smtp://127.0.0.1:9"


def with_sender(store: Store, newsletter: Newsletter, address: str, *, now: datetime) -> None:
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, sender_address=address), now=now)


@pytest.mark.parametrize(
    ("sender", "relay", "status"),
    [
        pytest.param("evening@newsletter.example", REAL, HELD, id="nobody's, a real relay"),
        pytest.param("evening@harbour-times.press", REAL, SENDING, id="ours, a real relay"),
        pytest.param("evening@newsletter.example", CATCHER, SENDING, id="nobody's, a catcher"),
    ],
)
def test_nobody_is_mailed_in_the_name_of_a_domain_that_nobody_has(
    ports, edition, newsletter, sender, relay, status
):
    with_sender(ports.store, newsletter, sender, now=ports.now())

    done = dispatch(replace(ports, relays=RelaySet.parse(relay)), edition.id)

    assert done.status is status
    assert ("--sender" in done.reason) is (status is HELD)


def test_an_operator_is_told_of_such_a_sender_and_may_send_once_it_is_set(
    ports, edition, newsletter
):
    with_sender(ports.store, newsletter, "evening@newsletter.example", now=ports.now())
    real = replace(ports, relays=RelaySet.parse(REAL))

    with pytest.raises(InvalidStateError, match="whose domain nobody can have"):
        send_now(real, edition.id)
    with_sender(ports.store, newsletter, "evening@harbour-times.press", now=ports.now())

    assert send_now(real, edition.id, force=True).status is SENDING
