"""Addresses that may not be mailed, kept as hashes that outlive the subscriber."""

from sqlalchemy import delete, select, text

from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.store.models import SubscriberRow, SuppressionRow
from newsletter.store.subscribers import subscribers, suppressions
from tests.store.builders import reader


def test_a_suppressed_address_has_a_reason_and_others_have_none(session, now):
    suppressions.add(session, "amal@example.org", reason="no such mailbox", now=now)

    assert suppressions.reason(session, "amal@example.org") == "no such mailbox"
    assert suppressions.reason(session, "samir@example.org") == ""


def test_the_first_reason_stays(session, now):
    suppressions.add(session, "amal@example.org", reason="no such mailbox", now=now)
    suppressions.add(session, "amal@example.org", reason="complained", now=now)

    assert suppressions.reason(session, "amal@example.org") == "no such mailbox"


def test_the_address_itself_is_not_kept(session, now):
    suppressions.add(session, "amal@example.org", reason="no such mailbox", now=now)

    row = session.scalars(select(SuppressionRow)).one()
    assert b"amal" not in row.address_hash
    assert len(row.address_hash) == 32


def test_a_suppression_outlives_its_subscriber(session, newsletter, now):
    subscribers.request(session, newsletter.id, reader("amal"), now=now)
    suppressions.add(session, "amal@example.org", reason="complained", now=now)

    session.execute(delete(SubscriberRow))

    assert suppressions.reason(session, "amal@example.org") == "complained"


def test_the_condition_for_queries_means_the_same_addresses(session, newsletter, now):
    keys = ("amal@example.org", "samir@example.org", "أمل@مثال.example", "jürgen@example.org")
    for key in keys:
        one = NewSubscriber(address=key, address_key=key)
        subscribers.request(session, newsletter.id, one, now=now)
    for key in keys[1:]:
        suppressions.add(session, key, reason="complained", now=now)

    is_suppressed = suppressions.IS_SUPPRESSED.format(address_key="r.address_key")
    found = session.execute(text(f"SELECT address_key, {is_suppressed} FROM subscriber AS r"))

    assert dict(found.all()) == {key: key != "amal@example.org" for key in keys}
