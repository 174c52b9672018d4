"""Links act in the database for which they were signed, and in no other."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from newsletter.domain import signed_token
from newsletter.domain.feedback.verp import make_verp
from newsletter.errors import InputError
from newsletter.services import urls
from newsletter.services.ports import Ports

# One for each thing that is signed with ids in it.
KINDS = [
    pytest.param(
        lambda ports: urls.confirm_url(ports, 1).rpartition("/")[2],
        lambda ports, text: urls.read_subscription(ports, text, urls.CONFIRM),
        id="a link to confirm",
    ),
    pytest.param(
        lambda ports: urls.unsubscribe_token(ports, 1),
        lambda ports, text: urls.read_subscription(ports, text, urls.UNSUBSCRIBE),
        id="a link to unsubscribe",
    ),
    pytest.param(
        lambda ports: urls.in_mail(ports, "evening", 1).web_version.rpartition("/")[2],
        urls.read_edition,
        id="a link to the mail",
    ),
    pytest.param(
        lambda ports: make_verp(1, 1, key=urls.signing_key(ports)),
        urls.read_bounce,
        id="an envelope sender",
    ),
]
# What the same things looked like before databases had a uid.
OLD_KINDS = [
    pytest.param(
        lambda ports, number: signed_token.sign_token(urls.CONFIRM, number, key=ports.secret),
        lambda ports, text: urls.read_subscription(ports, text, urls.CONFIRM),
        id="a link to confirm",
    ),
    pytest.param(
        lambda ports, number: signed_token.sign_token(urls.UNSUBSCRIBE, number, key=ports.secret),
        lambda ports, text: urls.read_subscription(ports, text, urls.UNSUBSCRIBE),
        id="a link to unsubscribe",
    ),
    pytest.param(
        lambda ports, number: signed_token.sign_token(urls.VIEW, number, key=ports.secret),
        urls.read_edition,
        id="a link to the mail",
    ),
    pytest.param(
        lambda ports, number: make_verp(number, 1, key=ports.secret),
        lambda ports, text: urls.read_bounce(ports, text)[0],
        id="an envelope sender",
    ),
]


def made_anew(ports: Ports) -> None:
    """The database as one that was made anew: its uid is another."""
    with ports.store.begin() as session:
        session.execute(text("DELETE FROM installation"))
    urls._installation.cache_clear()


def updated(ports: Ports) -> None:
    """The database as one with seven subscriptions and editions before it had a uid."""
    with ports.store.begin() as session:
        session.execute(
            text(
                "INSERT INTO installation (id, last_legacy_subscription, last_legacy_edition) "
                "VALUES (1, 7, 7)"
            )
        )


@pytest.mark.parametrize(("sign", "read"), KINDS)
def test_what_was_signed_for_a_database_acts_on_nobody_in_another(ports, sign, read):
    signed = sign(ports)
    assert read(ports, signed) in {1, (1, 1)}

    made_anew(ports)

    assert sign(ports) != signed
    with pytest.raises(InputError):
        read(ports, signed)


@pytest.mark.parametrize(("sign", "read"), OLD_KINDS)
def test_what_was_out_before_an_update_is_good_and_only_that(ports, sign, read):
    updated(ports)

    assert read(ports, sign(ports, 7)) == 7
    with pytest.raises(InputError):
        read(ports, sign(ports, 8))


@pytest.mark.parametrize(("sign", "read"), OLD_KINDS)
def test_what_was_signed_without_a_uid_is_nothing_to_a_new_database(ports, sign, read):
    with pytest.raises(InputError):
        read(ports, sign(ports, 1))


def test_another_secret_signs_otherwise(ports):
    other = replace(ports, secret=b"another")

    with pytest.raises(InputError):
        urls.read_edition(ports, signed_token.sign_token(urls.VIEW, 1, key=urls.signing_key(other)))
