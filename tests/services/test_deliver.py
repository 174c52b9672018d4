"""Deliver: one batch, message by message, to a relay that takes, refuses, waits or hangs up."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter.domain import token
from newsletter.domain.edition import EditionStatus, Hold
from newsletter.domain.subscription import EndReason
from newsletter.embedded.shared import free_port
from newsletter.services import editing, signup
from newsletter.services.deliver import deliver
from newsletter.services.dispatch import dispatch
from newsletter.services.recover import recover
from newsletter.store import deliveries, subscribers, suppressions
from tests.services.worlds import composed, edition_of, moved, readers, statuses
from tests.smtp_server import OFFERED, smtp_server
from tests.store.ledgers import claimed

AMAL, SAMIR, LINA = (f"{name}@example.org" for name in ("amal", "samir", "lina"))
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SENDING, SENT, HELD = EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD


@pytest.fixture
def edition(ports, store, newsletter, now, clock):
    """An edition for Amal, Lina and Samir whose deliveries are queued."""
    readers(store, newsletter, ["amal", "lina", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    dispatch(ports, made.id)
    return made


@pytest.fixture
def edition_for(ports, store, newsletter, now, clock):
    """Makes an edition for readers of these names whose deliveries are queued."""

    def make(names):
        readers(store, newsletter, names, now=now)
        made = composed(store, newsletter, now=now)
        clock.at = made.sends_at
        dispatch(ports, made.id)
        return made

    return make


@pytest.fixture
def refused(ports, refusing):
    """The ports, with the relay that answers as the test says."""
    return replace(ports, relay_url=refusing.url)


def test_everybody_gets_one_mail_and_the_edition_is_sent(ports, edition, mail, clock):
    sent = deliver(ports, edition.id, 0)

    found = edition_of(ports.store, edition.id)
    assert (sent, statuses(ports.store, edition.id)) == (3, {"sent": 3})
    assert mail.recipients() == [AMAL, LINA, SAMIR]
    assert {one["Subject"] for one in mail.messages()} == {edition.subject}
    assert (found.status, found.sent_at) == (SENT, clock.at)


def test_a_worker_whose_clock_is_behind_sends_all_the_same(ports, edition, mail, clock):
    clock.at -= 30 * SECOND

    assert deliver(ports, edition.id, 0) == 3


def test_each_mail_holds_its_reader_s_own_way_out(ports, edition, mail, newsletter):
    deliver(ports, edition.id, 0)

    ended = {}
    for message in mail.messages():
        (token,) = re.findall(r"/unsubscribe/([^>]+)>", str(message["List-Unsubscribe"]))
        found, _ = signup.unsubscribe(ports, token, means="one-click", remote_address="")
        ended[message["X-Envelope-To"]] = found.address
    assert ended == {one: one for one in (AMAL, LINA, SAMIR)}


def test_a_batch_delivered_twice_reaches_nobody_twice(ports, edition, mail):
    deliver(ports, edition.id, 0)

    assert deliver(ports, edition.id, 0) == 0
    assert len(mail.messages()) == 3


@pytest.mark.parametrize("status", [HELD, SENT, EditionStatus.DRAFT])
def test_an_edition_that_is_not_under_way_is_not_delivered(ports, edition, mail, status):
    moved(ports.store, edition.id, status)

    assert deliver(ports, edition.id, 0) == 0
    assert mail.messages() == []


def test_who_unsubscribed_since_gets_no_mail(ports, edition, mail, newsletter):
    with ports.store.begin() as session:
        found = subscribers.by_key(session, newsletter.id, LINA)
        assert found is not None
        subscribers.end(session, found.id, EndReason.UNSUBSCRIBED, now=ports.now())

    deliver(ports, edition.id, 0)

    assert mail.recipients() == [AMAL, SAMIR]
    assert statuses(ports.store, edition.id) == {"sent": 2, "failed": 1}


@pytest.mark.parametrize(
    ("reply", "status", "is_suppressed"),
    [
        pytest.param("450 4.2.0 greylisted", "queued", False, id="greylisted"),
        pytest.param("552 5.2.2 mailbox full", "queued", False, id="a full mailbox"),
        pytest.param("550 5.1.1 no such user", "failed", True, id="no such mailbox"),
        pytest.param("550 5.2.1 disabled", "failed", False, id="a mailbox that is closed"),
        pytest.param("", "queued", False, id="a connection that is closed"),
    ],
)
def test_what_is_said_of_one_address_counts_for_it_alone(
    refused, refusing, edition, reply, status, is_suppressed
):
    refusing.to_rcpt[LINA] = reply

    deliver(refused, edition.id, 0)

    with refused.store.begin() as session:
        reasons = {one: suppressions.reason(session, one) for one in (AMAL, LINA, SAMIR)}
    assert sorted(refusing.taken) == [AMAL, SAMIR]
    assert statuses(refused.store, edition.id) == {"sent": 2, status: 1}
    assert reasons == {AMAL: "", LINA: "no such mailbox" if is_suppressed else "", SAMIR: ""}
    done = SENDING if status == "queued" else SENT
    assert edition_of(refused.store, edition.id).status is done


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param("451 4.3.0 try later", "queued", id="not now"),
        pytest.param("550 5.6.0 too odd", "failed", id="never"),
        pytest.param("", "uncertain", id="hung up without a word"),
    ],
)
def test_what_is_said_after_the_whole_message(refused, refusing, edition, reply, status):
    refusing.to_data[LINA] = reply

    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"sent": 2, status: 1}
    assert sorted(refusing.taken) == [AMAL, SAMIR]


@pytest.mark.parametrize("said_to", ["to_rcpt", "to_data"])
def test_a_refusal_of_us_stops_the_run_and_blames_nobody(refused, refusing, edition, said_to):
    setattr(refusing, said_to, {AMAL: "554 5.7.1 your address is on a list"})

    sent = deliver(refused, edition.id, 0)

    found = edition_of(refused.store, edition.id)
    with refused.store.begin() as session:
        assert suppressions.reason(session, AMAL) == ""
    assert (sent, refusing.asked[0], refusing.taken) == (0, AMAL, [])
    assert (found.status, found.hold) == (HELD, Hold.STOPPED)
    assert "your address is on a list" in found.reason
    assert statuses(refused.store, edition.id) == {"queued": 3}


def test_a_stopped_run_that_is_approved_goes_on_where_it_was(refused, refusing, edition, queue):
    refusing.to_rcpt[LINA] = "554 5.7.1 your address is on a list"
    deliver(refused, edition.id, 0)
    refusing.to_rcpt.clear()
    queue.clear()

    editing.approve(refused, edition.id, by="Rana")
    recover(refused)
    sent = deliver(refused, edition.id, 0)

    assert (queue, sent) == ([(edition.id, (0,))], 2)
    assert sorted(refusing.taken) == [AMAL, LINA, SAMIR]
    assert edition_of(refused.store, edition.id).status is SENT


@pytest.mark.parametrize(
    ("wait", "taken"),
    [
        pytest.param(timedelta(seconds=59), 0, id="not before its time"),
        pytest.param(MINUTE, 1, id="at its time"),
    ],
)
def test_what_was_put_off_is_tried_again(refused, refusing, edition, clock, wait, taken):
    refusing.to_rcpt[LINA] = "450 4.2.0 greylisted"
    deliver(refused, edition.id, 0)
    refusing.to_rcpt.clear()
    clock.at += wait

    assert deliver(refused, edition.id, 0) == taken


@pytest.mark.parametrize(
    ("late", "status"),
    [
        pytest.param(4 * HOUR - 2 * MINUTE, "queued", id="while it is still evening"),
        pytest.param(4 * HOUR, "failed", id="when no attempt is left in its time"),
    ],
)
def test_after_four_hours_a_mail_is_no_evening_mail_any_more(
    refused, refusing, edition, clock, late, status
):
    refusing.to_rcpt[LINA] = "450 4.2.0 greylisted"
    clock.at += late

    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"sent": 2, status: 1}


def test_when_no_relay_answers_everything_stays_queued(ports, edition, mail, clock):
    down = replace(ports, relay_url=f"smtp://127.0.0.1:{free_port()}")

    assert deliver(down, edition.id, 0) == 0

    assert statuses(ports.store, edition.id) == {"queued": 3}
    clock.at += MINUTE
    assert deliver(ports, edition.id, 0) == 3
    assert mail.recipients() == [AMAL, LINA, SAMIR]


def test_a_worker_never_touches_what_another_holds(ports, edition, mail):
    with ports.store.begin() as session:
        claimed(session, edition.id, ports.now())

    assert deliver(ports, edition.id, 0) == 0
    assert mail.messages() == []
    assert edition_of(ports.store, edition.id).status is SENDING


def test_a_worker_whose_order_names_a_batch_that_is_done_takes_what_is_due(ports, edition, mail):
    assert deliver(ports, edition.id, 4711) == 3


def test_a_run_that_is_refused_too_often_stops_by_itself(
    ports, store, newsletter, edition_for, refusing
):
    names = [f"reader{number:03}" for number in range(300)]
    edition = edition_for(names)
    for name in names[::4]:
        refusing.to_rcpt[f"{name}@example.org"] = "550 5.2.1 disabled"
    refused = replace(ports, relay_url=refusing.url)

    deliver(refused, edition.id, 0)

    found = edition_of(store, edition.id)
    counted = statuses(store, edition.id)
    assert (found.status, found.hold) == (HELD, Hold.STOPPED)
    assert "messages were refused for good, more than 10%" in found.reason
    assert counted["queued"] > 100
    assert 25 <= counted["failed"] < 50
    assert sum(counted.values()) == 300


def test_a_worker_that_is_to_end_gives_back_what_it_has_not_begun(
    ports, store, edition_for, refusing
):
    edition = edition_for([f"reader{number:03}" for number in range(300)])
    refusing.pause_s = 0.02
    ending = replace(ports, relay_url=refusing.url, is_ending=lambda: len(refusing.taken) > 20)

    sent = deliver(ending, edition.id, 0)

    assert 20 < sent < 300
    assert statuses(store, edition.id) == {"sent": sent, "queued": 300 - sent}
    refusing.pause_s = 0
    assert deliver(replace(ports, relay_url=refusing.url), edition.id, 0) == 300 - sent
    assert len(set(refusing.taken)) == len(refusing.taken) == 300


def test_what_no_message_can_hold_fails_alone(ports, store, edition, mail, newsletter):
    with store.begin() as session:
        rename = text("UPDATE subscriber SET address = :broken WHERE address = :lina")
        session.execute(rename, {"broken": "li\rna@example.org", "lina": LINA})

    deliver(ports, edition.id, 0)

    assert mail.recipients() == [AMAL, SAMIR]
    assert statuses(store, edition.id) == {"sent": 2, "failed": 1}


def test_each_message_leaves_with_an_envelope_sender_that_names_its_delivery(ports, store, edition):
    with smtp_server(extensions=(*OFFERED, "DSN")) as relay:
        deliver(replace(ports, relay_url=relay.url()), edition.id, 0)

    assert len(relay.messages) == 3
    with store.begin() as session:
        ids = {one.address: one.subscriber_id for one in deliveries.of_edition(session, edition.id)}
    for message in relay.messages:
        said = r"MAIL FROM:<(\S+)@example.org>.* ENVID=(\S+)"
        sender, envelope_id = re.findall(said, message.sender)[0]
        (address,) = re.findall(r"RCPT TO:<([^>]+)>", message.recipient)
        assert token.read_verp(sender, key=ports.secret) == (edition.id, ids[address])
        assert envelope_id == f"{edition.id}.{ids[address]}"
