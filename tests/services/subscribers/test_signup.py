"""Sign-up with double opt-in, and the ways out."""

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from newsletter.domain import signed_token as tokens
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.subscription import EndReason, Subscription, SubscriptionStatus
from newsletter.embedded.shared_server import free_port
from newsletter.errors import InputError, NotFoundError, RateLimitedError, UnreachableError
from newsletter.mail.smtp import RelaySet
from newsletter.services import urls
from newsletter.services.ports import Ports
from newsletter.services.subscribers import admin, signup
from newsletter.services.subscribers.signup import SignupRequest
from newsletter.store import Store
from newsletter.store.models import ConsentRow, SubscriberRow, SubscriptionRow
from newsletter.store.subscribers import suppressions
from newsletter.store.subscribers.subscribers import by_address

ROWS = (ConsentRow, SubscriptionRow, SubscriberRow)
AMAL = SignupRequest(address="Amal@example.org", name="Amal Haddad", remote_address="198.51.100.7")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
UNCONFIRMED, CONFIRMED = SubscriptionStatus.UNCONFIRMED, SubscriptionStatus.CONFIRMED
ENDED = SubscriptionStatus.ENDED


def stored(store: Store, newsletter: Newsletter, key: str = "amal@example.org") -> Subscription:
    with store.begin() as session:
        found = by_address(session, newsletter.id, key)
    assert found is not None
    return found


def token_in(message: EmailMessage) -> str:
    """The token of the link in a mail that asks for a yes."""
    body = message.get_body(("plain",))
    assert body is not None
    (found,) = re.findall(r"https://news\.example\.org/confirm/(\S+)", body.get_content())
    return str(found)


def confirmed(ports: Ports, newsletter: Newsletter) -> str:
    """The token that ends Amal's subscription, which is confirmed."""
    admin.add(ports.store, newsletter, "amal@example.org", now=ports.now())
    return urls.unsubscribe_token(ports, stored(ports.store, newsletter).id)


def test_a_sign_up_asks_the_address_and_waits(ports, newsletter, mail, store, now):
    signup.subscribe(ports, newsletter, AMAL)

    (message,) = mail.messages()
    one = stored(store, newsletter)
    assert message["X-Envelope-To"] == "Amal@example.org"
    assert "The Evening Brief" in message["Subject"]
    assert token_in(message)
    assert (one.status, one.name, one.requested_at) == (UNCONFIRMED, "Amal Haddad", now)


def test_the_link_in_the_mail_confirms(ports, newsletter, mail, clock, store):
    signup.subscribe(ports, newsletter, AMAL)
    (message,) = mail.messages()
    clock.at += 6 * DAY

    subscription, found = signup.confirm(ports, token_in(message), remote_address="")

    assert (subscription.status, subscription.confirmed_at) == (CONFIRMED, clock.at)
    assert (found, stored(store, newsletter)) == (newsletter, subscription)


def test_confirming_twice_is_as_good_as_once(ports, newsletter, mail, clock):
    signup.subscribe(ports, newsletter, AMAL)
    (message,) = mail.messages()
    once, _ = signup.confirm(ports, token_in(message), remote_address="")
    clock.at += 30 * DAY

    twice, _ = signup.confirm(ports, token_in(message), remote_address="")

    assert twice == once


def test_a_link_confirms_for_a_week_only(ports, newsletter, mail, clock, store):
    signup.subscribe(ports, newsletter, AMAL)
    (message,) = mail.messages()
    clock.at += 7 * DAY + MINUTE

    with pytest.raises(InputError, match="older than a week"):
        signup.confirm(ports, token_in(message), remote_address="")

    assert stored(store, newsletter).status is UNCONFIRMED


def test_the_link_of_a_subscription_that_ended_confirms_nothing(ports, newsletter, mail, store):
    signup.subscribe(ports, newsletter, AMAL)
    (message,) = mail.messages()
    admin.remove(store, newsletter, "amal@example.org", now=ports.now())

    with pytest.raises(InputError, match="has ended"):
        signup.confirm(ports, token_in(message), remote_address="")

    assert stored(store, newsletter).status is ENDED


@pytest.mark.parametrize(
    "purpose",
    [
        pytest.param(urls.UNSUBSCRIBE, id="for leaving"),
        pytest.param(urls.VIEW, id="for reading"),
        pytest.param("", id="for nothing"),
    ],
)
def test_a_link_made_for_something_else_confirms_nothing(ports, newsletter, purpose, store):
    signup.subscribe(ports, newsletter, AMAL)
    forged = tokens.sign_token(purpose, stored(store, newsletter).id, key=ports.secret)

    with pytest.raises(InputError, match="not complete"):
        signup.confirm(ports, forged, remote_address="")

    assert stored(store, newsletter).status is UNCONFIRMED


def test_a_link_to_nobody_says_so(ports, newsletter):
    with pytest.raises(NotFoundError, match="does not exist any more"):
        signup.unsubscribe(ports, urls.unsubscribe_token(ports, 99), means="", remote_address="")


@pytest.mark.parametrize(
    ("wait", "mails"),
    [
        pytest.param(9 * MINUTE, 1, id="a moment later"),
        pytest.param(11 * MINUTE, 2, id="after a while"),
    ],
)
def test_an_address_is_asked_once_in_ten_minutes(ports, newsletter, mail, clock, wait, mails):
    signup.subscribe(ports, newsletter, AMAL)
    clock.at += wait

    signup.subscribe(ports, newsletter, AMAL)

    assert len(mail.messages()) == mails


def test_who_is_confirmed_gets_no_mail_and_no_error(ports, newsletter, mail, store):
    confirmed(ports, newsletter)

    signup.subscribe(ports, newsletter, AMAL)

    assert mail.messages() == []
    assert stored(store, newsletter).status is CONFIRMED


def test_a_suppressed_address_gets_no_mail_and_no_error(ports, newsletter, mail, store, now):
    with store.begin() as session:
        suppressions.add(session, "amal@example.org", reason="complained", now=now)

    signup.subscribe(ports, newsletter, AMAL)

    assert mail.messages() == []


def test_who_left_is_asked_again(ports, newsletter, mail, store):
    token = confirmed(ports, newsletter)
    signup.unsubscribe(ports, token, means="page", remote_address="")

    signup.subscribe(ports, newsletter, AMAL)

    assert len(mail.messages()) == 1
    assert stored(store, newsletter).status is UNCONFIRMED


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"address": "amal"}, "not an email address", id="no address"),
        pytest.param({"name": "Win at www.cheap.example"}, "no addresses", id="a spammer's name"),
        pytest.param({"name": "<b>Amal</b>"}, "no addresses", id="markup for a name"),
    ],
)
def test_a_form_filled_in_wrongly_sends_nothing(ports, newsletter, mail, wrong, says):
    with pytest.raises(InputError, match=says):
        signup.subscribe(ports, newsletter, replace(AMAL, **wrong))

    assert mail.messages() == []


def test_one_place_can_ask_twenty_times_an_hour(ports, newsletter, mail, clock):
    for number in range(signup.FROM_ONE_PLACE):
        signup.subscribe(ports, newsletter, replace(AMAL, address=f"n{number}@example.org"))

    with pytest.raises(RateLimitedError, match="in an hour"):
        signup.subscribe(ports, newsletter, AMAL)

    signup.subscribe(ports, newsletter, replace(AMAL, remote_address="203.0.113.9"))
    clock.at += 61 * MINUTE
    signup.subscribe(ports, newsletter, replace(AMAL, address="late@example.org"))
    assert len(mail.messages()) == signup.FROM_ONE_PLACE + 2


def test_when_the_relay_is_down_nothing_is_kept_and_one_can_try_again(ports, newsletter, mail):
    down = replace(ports, relays=RelaySet.parse(f"smtp://127.0.0.1:{free_port()}"))
    with pytest.raises(UnreachableError, match="NEWSLETTER_SMTP_URL"):
        signup.subscribe(down, newsletter, AMAL)

    signup.subscribe(ports, newsletter, AMAL)

    assert mail.recipients() == ["Amal@example.org"]


def test_of_a_mail_that_did_not_leave_no_address_is_kept(ports, store, newsletter, refusing):
    refusing.to_rcpt["Amal@example.org"] = "550 5.1.1 no such user"

    with pytest.raises(InputError):
        signup.subscribe(replace(ports, relays=RelaySet.parse(refusing.url)), newsletter, AMAL)

    with store.begin() as session:
        kept = [session.scalars(select(func.count()).select_from(row)).one() for row in ROWS]
    assert kept == [0, 0, 0]


def test_a_subscription_that_had_ended_is_ended_still_when_the_mail_does_not_leave(
    ports, store, newsletter, clock
):
    signup.unsubscribe(ports, confirmed(ports, newsletter), means="page", remote_address="")
    ended = stored(store, newsletter)
    clock.at += DAY
    down = replace(ports, relays=RelaySet.parse(f"smtp://127.0.0.1:{free_port()}"))

    with pytest.raises(UnreachableError):
        signup.subscribe(down, newsletter, AMAL)

    assert stored(store, newsletter) == ended


def test_an_address_that_the_relay_refuses_is_told_to_who_typed_it(ports, newsletter, refusing):
    refusing.to_rcpt["Amal@example.org"] = "550 5.1.1 no such user"

    with pytest.raises(InputError, match="did not take our mail"):
        signup.subscribe(replace(ports, relays=RelaySet.parse(refusing.url)), newsletter, AMAL)


def test_unsubscribing_ends_the_subscription_and_twice_is_as_good_as_once(ports, newsletter, clock):
    token = confirmed(ports, newsletter)

    once, _ = signup.unsubscribe(ports, token, means="one-click", remote_address="")
    clock.at += DAY
    twice, found = signup.unsubscribe(ports, token, means="page", remote_address="")

    assert (once.status, once.reason) == (ENDED, EndReason.UNSUBSCRIBED)
    assert (twice, found) == (once, newsletter)


def test_looking_a_link_up_changes_nothing(ports, newsletter, store):
    token = confirmed(ports, newsletter)

    subscription, found = signup.resolve_link(ports, token, urls.UNSUBSCRIBE)

    assert (subscription, found) == (stored(store, newsletter), newsletter)
    assert subscription.status is CONFIRMED
