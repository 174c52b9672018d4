"""The ledger held against a real relay's mailbox."""

from dataclasses import replace
from datetime import date

import pytest

from newsletter.domain.delivery.reconciliation import Finding
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.newsletter import UncertainPolicy
from newsletter.errors import InvalidStateError, NotFoundError
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending import control
from newsletter.services.sending import reconcile as auditing
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import dispatch
from newsletter.services.sending.reconcile import iter_states, reconcile_edition
from newsletter.store.delivery import deliveries, partitions
from newsletter.store.editions import newsletters
from tests.services.worlds import composed, readers


@pytest.fixture
def sent(ports, store, newsletter, now, mail):
    """An edition that Amal, Lina and Samir were sent, and the relay kept."""
    readers(store, newsletter, ["amal", "lina", "samir"], now=now)
    made = composed(store, newsletter, now=now)
    dispatch(ports, made.id)
    deliver(ports, made.id, 0)
    assert len(mail.messages()) == 3
    return made


@pytest.mark.parametrize("page", [1, 2, 50_000])
def test_what_was_sent_and_kept_agrees(store, sent, mail, monkeypatch, page):
    monkeypatch.setattr(auditing, "_PAGE", page)

    found = reconcile_edition(store, sent.id, mail.folder)

    assert found.agrees
    assert (found.recipients, found.archived) == (3, 3)
    assert found.states[DeliveryStatus.SENT] == 3


def test_a_message_that_the_relay_has_not_is_lost(store, sent, mail):
    gone = next(mail.folder.glob("new/*"))
    gone.unlink()

    found = reconcile_edition(store, sent.id, mail.folder)

    assert (found.counts[Finding.LOST], found.agrees) == (1, False)


def test_a_message_that_the_relay_has_twice_is_repeated(store, sent, mail):
    twice = next(mail.folder.glob("new/*"))
    twice.with_name("again").write_bytes(twice.read_bytes())

    found = reconcile_edition(store, sent.id, mail.folder)

    assert found.counts[Finding.REPEATED] == found.counts[Finding.REPEATED_OUTSIDE_UNCERTAIN] == 1
    assert not found.agrees


def test_where_doubt_repeats_a_second_attempt_may_be_a_second_message(
    ports, refusing, newsletter, now, tmp_path
):
    with ports.store.begin() as session:
        newsletters.save(
            session, replace(newsletter, uncertain_policy=UncertainPolicy.REPEAT), now=now
        )
    readers(ports.store, newsletter, ["amal"], now=now)
    made = composed(ports.store, newsletter, now=now)
    dispatch(ports, made.id)
    refusing.to_data["amal@example.org"] = ""  # it keeps the message, and hangs up without a word
    deliver(replace(ports, relays=RelaySet.parse(refusing.url)), made.id, 0)
    deliver(ports, made.id, 0)  # over another relay: that one is left alone for some seconds
    (row,) = iter_states(ports.store, made.id)
    told = f"{made.id}.{row.subscriber_id}.{made.uid}.edition@example.org\n"
    (tmp_path / "log").write_text(2 * told)

    found = reconcile_edition(ports.store, made.id, tmp_path / "log")

    assert (row.status, row.attempts) == ("sent", 2)
    assert (found.counts[Finding.REPEATED], found.agrees) == (1, True)


def test_who_has_it_twice_because_an_operator_had_it_sent_again_is_told_apart(
    ports, refusing, newsletter, now, tmp_path
):
    readers(ports.store, newsletter, ["amal"], now=now)
    made = composed(ports.store, newsletter, now=now)
    dispatch(ports, made.id)
    refusing.to_data["amal@example.org"] = ""  # it keeps the message, and hangs up without a word
    deliver(replace(ports, relays=RelaySet.parse(refusing.url)), made.id, 0)
    control.resolve_uncertain(ports, made.id, DeliveryStatus.QUEUED)
    deliver(ports, made.id, 0)
    (row,) = iter_states(ports.store, made.id)
    told = f"{made.id}.{row.subscriber_id}.{made.uid}.edition@example.org\n"
    (tmp_path / "log").write_text(2 * told)

    found = reconcile_edition(ports.store, made.id, tmp_path / "log")

    assert (row.status, row.attempts) == ("sent", 1)
    assert found.ids[Finding.REPEATED_ON_REQUEST] == [row.subscriber_id]
    assert (found.counts[Finding.REPEATED_OUTSIDE_UNCERTAIN], found.agrees) == (0, True)


def test_an_edition_that_was_not_sent_off_cannot_be_compared(store, newsletter, now, tmp_path):
    made = composed(store, newsletter, now=now)

    with pytest.raises(InvalidStateError, match="has not been sent off"):
        reconcile_edition(store, made.id, tmp_path)


def test_an_edition_whose_deliveries_were_let_go_says_so(store, sent, mail):
    with store.begin() as session:
        partitions.drop_before(session, before=date(2026, 4, 1))

    with pytest.raises(NotFoundError, match="NEWSLETTER_KEEP_MONTHS"):
        reconcile_edition(store, sent.id, mail.folder)
    with store.begin() as session:
        assert deliveries.counts(session, [sent.id])[sent.id][DeliveryStatus.SENT] == 3
