"""Deliver: everybody once, in batches, by any number of workers."""

import re
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from sqlalchemy import text

from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.subscribers.subscription import EndReason
from newsletter.embedded.shared_server import free_port
from newsletter.mail.smtp import RelaySet
from newsletter.services import urls
from newsletter.services.sending.deliver import deliver
from newsletter.services.subscribers import signup
from newsletter.store.delivery import deliveries
from newsletter.store.subscribers import subscribers
from tests.services.worlds import edition_of, moved, statuses
from tests.smtp_server import OFFERED, smtp_server
from tests.store.ledgers import claimed

AMAL, SAMIR, LINA = (f"{name}@example.org" for name in ("amal", "samir", "lina"))
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SENDING, SENT, HELD = EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(-timedelta(hours=9), id="hours before its minute"),
        pytest.param(timedelta(0), id="at its minute"),
        pytest.param(timedelta(hours=3), id="hours after its minute"),
    ],
)
def test_a_message_is_dated_when_it_leaves(ports, edition, mail, clock, later):
    with ports.store.begin() as session:  # due since long ago, so that it may leave at any time
        session.execute(text("UPDATE delivery_batch SET due_at = due_at - interval '1 day'"))
        session.execute(text("UPDATE delivery SET due_at = due_at - interval '1 day'"))
    clock.at = leaves_at = edition.sends_at + later

    deliver(ports, edition.id, 0)

    dates = {parsedate_to_datetime(str(one["Date"])) for one in mail.messages()}
    assert dates == {leaves_at}


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
        found = subscribers.by_address(session, newsletter.id, LINA)
        assert found is not None
        subscribers.end(session, found.id, EndReason.UNSUBSCRIBED, now=ports.now())

    deliver(ports, edition.id, 0)

    assert mail.recipients() == [AMAL, SAMIR]
    assert statuses(ports.store, edition.id) == {"sent": 2, "failed": 1}


def test_when_no_relay_answers_everything_stays_queued(ports, edition, mail, clock):
    down = replace(ports, relays=RelaySet.parse(f"smtp://127.0.0.1:{free_port()}"))

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


def test_a_worker_that_is_to_end_gives_back_what_it_has_not_begun(
    ports, store, edition_for, refusing
):
    edition = edition_for([f"reader{number:03}" for number in range(300)])
    refusing.pause_s = 0.02
    ending = replace(
        ports, relays=RelaySet.parse(refusing.url), is_ending=lambda: len(refusing.taken) > 20
    )

    sent = deliver(ending, edition.id, 0)

    assert 20 < sent < 300
    assert statuses(store, edition.id) == {"sent": sent, "queued": 300 - sent}
    refusing.pause_s = 0
    assert deliver(replace(ports, relays=RelaySet.parse(refusing.url)), edition.id, 0) == 300 - sent
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
        deliver(replace(ports, relays=RelaySet.parse(relay.url())), edition.id, 0)

    assert len(relay.messages) == 3
    with store.begin() as session:
        ids = {
            one.address: one.subscriber_id
            for one in deliveries.list_for_edition(session, edition.id)
        }
    for message in relay.messages:
        said = r"MAIL FROM:<(\S+)@example.org>.* ENVID=(\S+)"
        sender, envelope_id = re.findall(said, message.sender)[0]
        (address,) = re.findall(r"RCPT TO:<([^>]+)>", message.recipient)
        assert urls.read_bounce(ports, sender) == (edition.id, ids[address])
        assert envelope_id == f"{edition.id}.{ids[address]}"
