"""A run in which all failed is not taken for a success: not by its state, and not in words."""

from dataclasses import replace

import pytest

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending import control
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import send_now
from newsletter.services.sending.recovery import recover
from newsletter.store.editions import earlier_editions
from tests.services.worlds import edition_of, moved, statuses

EVERYBODY = AMAL, LINA, SAMIR = [f"{name}@example.org" for name in ("amal", "lina", "samir")]


@pytest.fixture
def refused(ports, refusing):
    """The ports, with the relay that answers as the test says."""
    return replace(ports, relays=RelaySet.parse(refusing.url))


@pytest.fixture
def failed(refused, refusing, edition):
    """The edition, which the relay refused for everybody, each in words with the address in it."""
    for address in EVERYBODY:
        refusing.to_rcpt[address] = f"550 5.2.1 <{address}>: mailbox disabled"
    deliver(refused, edition.id, 0)
    return edition_of(refused.store, edition.id)


def test_an_edition_that_failed_for_everybody_has_failed(refused, failed, clock):
    reason = "Sent to nobody: 3 of 3 failed, most often: 550 …: mailbox disabled"

    assert statuses(refused.store, failed.id) == {"failed": 3}
    assert (failed.status, failed.reason) == (EditionStatus.FAILED, reason)
    assert failed.sent_at == clock.at


def test_one_that_failed_for_some_is_sent_and_says_so(refused, refusing, edition):
    refusing.to_rcpt[LINA] = "550 5.2.1 mailbox disabled"

    deliver(refused, edition.id, 0)

    found = edition_of(refused.store, edition.id)
    assert found.status is EditionStatus.SENT
    assert found.reason == "1 of 3 failed, most often: 550 mailbox disabled"


def test_a_failed_one_is_left_alone_until_somebody_sends_it_again(refused, refusing, failed):
    recover(refused)
    assert send_now(refused, failed.id).status is EditionStatus.FAILED
    refusing.to_rcpt.clear()

    done = control.resend(refused, failed.id)
    opened = edition_of(refused.store, failed.id)
    deliver(refused, failed.id, 0)

    found = edition_of(refused.store, failed.id)
    assert (done.queued, opened.status, opened.reason) == (3, EditionStatus.SENDING, "")
    assert (found.status, found.reason) == (EditionStatus.SENT, "")
    assert sorted(refusing.taken) == EVERYBODY


@pytest.mark.parametrize(
    ("to", "status", "reason"),
    [
        pytest.param(
            *(DeliveryStatus.SENT, EditionStatus.SENT),
            "2 of 3 failed, most often: 550 mailbox disabled",
            id="it has it",
        ),
        pytest.param(
            *(DeliveryStatus.FAILED, EditionStatus.FAILED),
            "Sent to nobody: 3 of 3 failed, most often: 550 mailbox disabled",
            id="it has it not",
        ),
    ],
)
def test_the_last_doubt_settled_decides_whether_anybody_has_it(
    refused, refusing, edition, *, to, status, reason
):
    refusing.to_rcpt |= dict.fromkeys((AMAL, LINA), "550 5.2.1 mailbox disabled")
    refusing.to_data[SAMIR] = ""
    deliver(refused, edition.id, 0)
    assert edition_of(refused.store, edition.id).status is EditionStatus.SENT

    control.resolve_uncertain(refused, edition.id, to)

    found = edition_of(refused.store, edition.id)
    assert (found.status, found.reason) == (status, reason)


def test_what_nobody_got_was_not_told_to_anybody(store, newsletter, edition, now):
    wanted = {"apart_from": edition.on.replace(day=4), "since": now.replace(day=1)}
    with store.begin() as session:
        before = earlier_editions.published_articles(session, newsletter.id, **wanted)

    moved(store, edition.id, EditionStatus.FAILED)

    with store.begin() as session:
        assert (
            len(before),
            earlier_editions.published_articles(session, newsletter.id, **wanted),
        ) == (
            3,
            (),
        )
