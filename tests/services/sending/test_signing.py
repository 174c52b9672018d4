"""Where keys are set, everything that leaves is signed."""

from dataclasses import replace

import pytest

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.rendered import RenderedEmail, Slot
from newsletter.services.editions import render
from newsletter.services.ports import Ports
from newsletter.services.subscribers import signup
from newsletter.services.subscribers.signup import SignupRequest
from newsletter.store.editions import newsletters
from tests.mail.examples import edition, recipient
from tests.mail.keys import signer, verdicts


@pytest.fixture
def signed(ports: Ports) -> Ports:
    """The ports with two keys, the second for the domain of another sender."""
    return replace(ports, signers=(signer("ed25519"), signer("rsa", "old", "press.example")))


def test_an_edition_is_signed_by_every_key(signed: Ports, newsletter: Newsletter) -> None:
    text = f"For {Slot.ADDRESS}: https://news.example.org/unsubscribe/{Slot.UNSUBSCRIBE}\n"
    email = RenderedEmail(subject="A bridge", preheader="", html=f"<p>{text}</p>", text=text)
    sender = replace(newsletter, sender_address="evening@letters.example")

    message = render.build_master(signed, email, edition(), sender).message(recipient())

    assert verdicts(message, signed.signers) == [True, True]


def test_the_mail_that_asks_for_a_yes_is_signed(
    signed: Ports, newsletter: Newsletter, mail
) -> None:
    signup.subscribe(signed, newsletter, SignupRequest(address="amal@example.org"))

    (message,) = mail.messages()
    assert len(message.get_all("DKIM-Signature")) == 2


def test_a_key_without_a_domain_has_a_record_for_each_that_we_send_from(
    signed: Ports, newsletter: Newsletter
) -> None:
    another = replace(newsletter, id=0, slug="morning", sender_address="m@münchen.example")
    with signed.store.begin() as session:
        newsletters.save(session, another, now=signed.now())

    found = render.dns_records(signed)

    domain = newsletter.sender_address.rpartition("@")[2]
    assert [one.name for one in found] == [
        f"evening._domainkey.{domain}",
        "evening._domainkey.xn--mnchen-3ya.example",
        "old._domainkey.press.example",
    ]
    assert found[0].text == found[1].text
    assert found[2].text.startswith("v=DKIM1; k=rsa; p=")


def test_without_keys_there_is_no_record(ports: Ports, newsletter: Newsletter) -> None:
    assert render.dns_records(ports) == ()
