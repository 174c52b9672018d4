"""Subscribers and their subscriptions, with the evidence of consent."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.domain.subscribers.consent import ConsentEvent, NewSubscriber
from newsletter.domain.subscribers.subscription import EndReason, SubscriptionStatus
from newsletter.errors import NotFoundError
from newsletter.store.models import ConsentRow
from newsletter.store.subscribers import consent, subscribers
from tests.store.builders import another_newsletter, ended, reader, subscribed

HOUR = timedelta(hours=1)
AMAL = NewSubscriber(
    address="Amal@Example.org",
    address_key="amal@example.org",
    name="Amal Haddad",
    language="ar",
    zone="Asia/Beirut",
)
ASKED = ConsentEvent(event="asked", channel="form", remote_address="198.51.100.7")


def test_a_requested_subscription_waits_for_its_yes(session, newsletter, now):
    subscription_id = subscribers.request(session, newsletter.id, AMAL, now=now)

    found = subscribers.by_id(session, subscription_id)
    assert (found.address, found.name) == ("Amal@Example.org", "Amal Haddad")
    assert (found.language, found.zone) == ("ar", "Asia/Beirut")
    assert (found.status, found.reason) == (SubscriptionStatus.UNCONFIRMED, None)
    assert (found.requested_at, found.confirmed_at, found.ended_at) == (now, None, None)
    assert found == subscribers.by_address(session, newsletter.id, "amal@example.org")


def test_asking_again_is_the_same_subscription_with_a_new_time(session, newsletter, now):
    first = subscribers.request(session, newsletter.id, AMAL, now=now)

    second = subscribers.request(session, newsletter.id, AMAL, now=now + HOUR)

    assert second == first
    assert subscribers.by_id(session, first).requested_at == now + HOUR


def test_who_is_confirmed_stays_so_when_somebody_asks_again(session, newsletter, now):
    first = subscribed(session, newsletter, "amal", now=now)["amal"]
    before = subscribers.by_id(session, first)

    again = subscribers.request(session, newsletter.id, AMAL, now=now + HOUR)

    assert again == first
    assert subscribers.by_id(session, first) == before


def test_what_a_stranger_types_does_not_change_a_known_reader(session, newsletter, now):
    first = subscribers.request(session, newsletter.id, AMAL, now=now)
    stranger = NewSubscriber(
        address="AMAL@EXAMPLE.ORG", address_key=AMAL.address_key, name="Nobody"
    )

    subscribers.request(session, newsletter.id, stranger, now=now)

    found = subscribers.by_id(session, first)
    assert (found.address, found.name) == ("Amal@Example.org", "Amal Haddad")


def test_a_subscription_that_ended_begins_again_unconfirmed(session, newsletter, now):
    first = subscribed(session, newsletter, "amal", now=now)["amal"]
    ended(session, first, now=now)

    again = subscribers.request(session, newsletter.id, AMAL, now=now + HOUR)

    found = subscribers.by_id(session, again)
    assert again == first
    assert (found.status, found.reason) == (SubscriptionStatus.UNCONFIRMED, None)
    assert found.requested_at == now + HOUR


def test_a_reader_of_two_newsletters_is_one_subscriber(session, newsletter, now):
    other = another_newsletter(session, now=now)

    ids = [subscribers.request(session, each.id, AMAL, now=now) for each in (newsletter, other)]

    found = [subscribers.by_id(session, each) for each in ids]
    assert found[0].subscriber_id == found[1].subscriber_id
    assert [one.newsletter_id for one in found] == [newsletter.id, other.id]


def test_a_subscription_is_confirmed_once(session, newsletter, now):
    waiting = subscribers.request(session, newsletter.id, AMAL, now=now)

    said = [subscribers.confirm(session, waiting, now=now + each * HOUR) for each in (1, 2)]

    found = subscribers.by_id(session, waiting)
    assert said == [True, False]
    assert (found.status, found.confirmed_at) == (SubscriptionStatus.CONFIRMED, now + HOUR)


def test_an_ended_subscription_is_not_confirmed(session, newsletter, now):
    gone = subscribers.request(session, newsletter.id, AMAL, now=now)
    ended(session, gone, now=now)

    assert not subscribers.confirm(session, gone, now=now)
    assert subscribers.by_id(session, gone).status is SubscriptionStatus.ENDED


def test_a_subscription_ends_once_and_keeps_its_first_reason(session, newsletter, now):
    on = subscribed(session, newsletter, "amal", now=now)["amal"]

    first = subscribers.end(session, on, EndReason.COMPLAINED, now=now + HOUR)
    second = subscribers.end(session, on, EndReason.REMOVED, now=now + 2 * HOUR)

    found = subscribers.by_id(session, on)
    assert (first, second) == (True, False)
    assert (found.reason, found.ended_at) == (EndReason.COMPLAINED, now + HOUR)


def test_a_subscription_that_does_not_exist_is_missing(session, newsletter):
    assert subscribers.by_address(session, newsletter.id, "amal@example.org") is None
    with pytest.raises(NotFoundError, match="does not exist any more"):
        subscribers.by_id(session, 12)


def test_evidence_is_added_and_never_replaced(session, newsletter, now):
    on = subscribers.request(session, newsletter.id, AMAL, now=now)

    for hours in (0, 1):
        consent.record_consent(session, [on], ASKED, now=now + hours * HOUR)
    consent.record_consent(session, [], ASKED, now=now)

    rows = session.scalars(select(ConsentRow).order_by(ConsentRow.at)).all()
    assert [(row.subscription_id, row.event, row.channel, row.remote_address) for row in rows] == [
        (on, "asked", "form", "198.51.100.7")
    ] * 2
    assert [row.at for row in rows] == [now, now + HOUR]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        pytest.param({}, 3, id="by anybody"),
        pytest.param({"remote_address": "198.51.100.7"}, 2, id="from one place"),
        pytest.param({"subscription_id": "amal"}, 2, id="for one subscription"),
        pytest.param(
            {"remote_address": "198.51.100.7", "subscription_id": "amal"}, 1, id="for one from one"
        ),
    ],
)
def test_sign_ups_since_a_time_are_counted(session, newsletter, now, asked, count):
    ids = subscribed(session, newsletter, "amal", "samir", now=now)
    elsewhere = ConsentEvent(event="asked", channel="form", remote_address="203.0.113.9")
    consent.record_consent(session, [*ids.values()], ASKED, now=now)
    consent.record_consent(session, [ids["amal"]], elsewhere, now=now)
    consent.record_consent(session, [ids["amal"]], ASKED, now=now - HOUR)
    confirmed = ConsentEvent(event="confirmed", channel="page", remote_address="198.51.100.7")
    consent.record_consent(session, [ids["amal"]], confirmed, now=now)
    if "subscription_id" in asked:
        asked = {**asked, "subscription_id": ids[asked["subscription_id"]]}

    assert consent.count_signups_since(session, since=now, **asked) == count


@pytest.mark.parametrize(
    ("remote_address", "count"),
    [
        pytest.param("2001:db8:0:1:ffff::9", 3, id="another address of the same network"),
        pytest.param("2001:db8:0:2::1", 1, id="the network beside it"),
        pytest.param("198.51.100.7", 1, id="IPv4"),
        pytest.param("::ffff:198.51.100.7", 1, id="IPv4 within IPv6"),
    ],
)
def test_sign_ups_from_one_network_of_ipv6_count_together(
    session, newsletter, now, remote_address, count
):
    (amal,) = subscribed(session, newsletter, "amal", now=now).values()
    for place in (
        *("2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:2:3:4:5", "2001:db8:0:2::1"),
        *("198.51.100.7", "testclient", "unknown", "", "10.0.0.1:80"),
    ):
        asked = ConsentEvent(event="asked", channel="form", remote_address=place)
        consent.record_consent(session, [amal], asked, now=now)

    assert consent.count_signups_since(session, since=now, remote_address=remote_address) == count


def test_imported_readers_are_confirmed_with_evidence(session, newsletter, now):
    count = subscribers.import_confirmed(session, newsletter.id, [AMAL, reader("samir")], now=now)

    found = subscribers.by_address(session, newsletter.id, "amal@example.org")
    assert count == 2
    assert found is not None
    assert (found.status, found.confirmed_at) == (SubscriptionStatus.CONFIRMED, now)
    assert (found.name, found.language, found.zone) == ("Amal Haddad", "ar", "Asia/Beirut")
    assert set(session.scalars(select(ConsentRow.event))) == {"imported"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("confirmed", SubscriptionStatus.CONFIRMED, id="subscribed already"),
        pytest.param("ended", SubscriptionStatus.ENDED, id="who left stays out"),
        pytest.param("asked", SubscriptionStatus.UNCONFIRMED, id="who has not said yes yet"),
    ],
)
def test_an_import_changes_nobody_who_is_known(session, newsletter, now, before, after):
    known = subscribers.request(session, newsletter.id, AMAL, now=now)
    if before != "asked":
        subscribers.confirm(session, known, now=now)
    if before == "ended":
        ended(session, known, now=now)

    count = subscribers.import_confirmed(session, newsletter.id, [AMAL], now=now + HOUR)

    assert count == 0
    assert subscribers.by_id(session, known).status is after


def test_importing_nobody_is_no_trouble(session, newsletter, now):
    assert subscribers.import_confirmed(session, newsletter.id, [], now=now) == 0


def test_counts_name_every_status(session, newsletter, now):
    ids = subscribed(session, newsletter, "amal", "samir", "lina", now=now)
    ended(session, ids["lina"], now=now)
    subscribed(session, another_newsletter(session, now=now), "omar", now=now)

    assert subscribers.counts(session, newsletter.id) == {
        SubscriptionStatus.UNCONFIRMED: 0,
        SubscriptionStatus.CONFIRMED: 2,
        SubscriptionStatus.ENDED: 1,
    }


def test_all_subscriptions_are_read_across_pages(session, newsletter, now):
    many = [reader(f"n{number}") for number in range(subscribers._PAGE + 1)]
    subscribers.import_confirmed(session, newsletter.id, many, now=now)
    subscribed(session, another_newsletter(session, now=now), "stranger", now=now)

    found = list(subscribers.iter_all(session, newsletter.id))

    assert {one.address for one in found} == {one.address for one in many}
    assert [one.id for one in found] == sorted(one.id for one in found)
