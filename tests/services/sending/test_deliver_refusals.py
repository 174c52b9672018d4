"""What a relay says of an address, of a message or of us, and what that leads to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.mail.smtp import RelaySet
from newsletter.services.editions import review
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.recovery import recover
from newsletter.store.subscribers import suppressions
from tests.services.worlds import edition_of, statuses
from tests.smtp_server import OFFERED, smtp_server

AMAL, SAMIR, LINA = (f"{name}@example.org" for name in ("amal", "samir", "lina"))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SENDING, SENT, HELD = EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.HELD


@pytest.fixture
def refused(ports, refusing):
    """The ports, with the relay that answers as the test says."""
    return replace(ports, relays=RelaySet.parse(refusing.url))


@pytest.mark.parametrize(
    ("reply", "status", "is_suppressed"),
    [
        pytest.param("450 4.2.0 greylisted", "queued", False, id="greylisted"),
        pytest.param("552 5.2.2 mailbox full", "queued", False, id="a full mailbox"),
        pytest.param("550 5.1.1 no such user", "failed", True, id="no such mailbox"),
        pytest.param("550 5.2.1 disabled", "failed", False, id="a mailbox that is closed"),
        pytest.param("550 5.7.1 not from you", "failed", False, id="a policy of theirs"),
        pytest.param("554 5.7.26 unsigned", "failed", False, id="a policy about signatures"),
        pytest.param("550 blocked by our list", "failed", False, id="a policy without a code"),
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
        pytest.param("554 5.7.1 this is spam to us", "failed", id="a policy of theirs"),
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
    reply = "554 5.7.1 your address is on a list"
    setattr(refusing, said_to, dict.fromkeys((AMAL, LINA, SAMIR), reply))

    sent = deliver(refused, edition.id, 0)

    found = edition_of(refused.store, edition.id)
    with refused.store.begin() as session:
        assert suppressions.reason(session, AMAL) == ""
    assert (sent, refusing.asked[0], refusing.taken) == (0, AMAL, [])
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert "your address is on a list" in found.reason
    assert statuses(refused.store, edition.id) == {"queued": 3}


def test_a_stopped_run_that_is_approved_goes_on_where_it_was(refused, refusing, edition, queue):
    refusing.to_rcpt[LINA] = "530 5.7.0 log in first"
    deliver(refused, edition.id, 0)
    refusing.to_rcpt.clear()
    queue.clear()

    review.approve(refused, edition.id, by="Rana")
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

    assert deliver(refused, edition.id, 0, run_s=1) == taken


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


def test_a_relay_that_ends_each_connection_after_five_messages_is_sent_all_in_one_run(
    ports, edition_for
):
    edition = edition_for([f"reader{number:03}" for number in range(120)])
    with smtp_server(extensions=(*OFFERED, "PIPELINING")) as server:
        server.closes_after = 5

        sent = deliver(replace(ports, relays=RelaySet.parse(server.url())), edition.id, 0)

    assert sent == 120
    assert statuses(ports.store, edition.id) == {"sent": 120}
    assert edition_of(ports.store, edition.id).status is SENT
    assert len({one.recipient for one in server.messages}) == len(server.messages) == 120


def test_a_run_that_is_refused_too_often_stops_by_itself(
    ports, store, newsletter, edition_for, refusing
):
    names = [f"reader{number:03}" for number in range(300)]
    edition = edition_for(names)
    for name in names[::4]:
        refusing.to_rcpt[f"{name}@example.org"] = "550 5.2.1 disabled"
    refused = replace(ports, relays=RelaySet.parse(refusing.url))

    deliver(refused, edition.id, 0)

    found = edition_of(store, edition.id)
    counted = statuses(store, edition.id)
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert "messages were refused for good, more than 10%" in found.reason
    assert counted["queued"] > 100
    assert 25 <= counted["failed"] < 50
    assert sum(counted.values()) == 300
