"""The public addresses, signed where they carry somebody's right to do something.

They are signed with a key of this database alone: in one that is made anew the numbers begin at 1
again, and a link of the old one must not act on somebody else (decision 0020).
"""

import hmac
from functools import lru_cache

from newsletter.domain import signed_token
from newsletter.domain.feedback.verp import parse_verp
from newsletter.domain.installation import Installation
from newsletter.errors import InputError
from newsletter.mail.rendered import EmailLinks, Slot
from newsletter.services.ports import Ports
from newsletter.store import Store
from newsletter.store.database import installation

CONFIRM, UNSUBSCRIBE, VIEW = "confirm", "unsubscribe", "view"


def site_url(ports: Ports, slug: str) -> str:
    """The newsletter's page: what it is, and how to subscribe."""
    return f"{ports.public_url}/n/{slug}"


def archive_url(ports: Ports, slug: str) -> str:
    """The page of past editions."""
    return f"{site_url(ports, slug)}/archive"


def confirm_url(ports: Ports, subscription_id: int) -> str:
    """Where a reader says yes."""
    signed = signed_token.sign_token(CONFIRM, subscription_id, key=signing_key(ports))
    return f"{ports.public_url}/confirm/{signed}"


def unsubscribe_token(ports: Ports, subscription_id: int) -> str:
    """What goes into the slot of the unsubscribe address."""
    return signed_token.sign_token(UNSUBSCRIBE, subscription_id, key=signing_key(ports))


def in_mail(ports: Ports, slug: str, edition_id: int) -> EmailLinks:
    """The addresses in an edition's mail; the unsubscribe address holds its slot."""
    view = signed_token.sign_token(VIEW, edition_id, key=signing_key(ports))
    return EmailLinks(
        site=site_url(ports, slug),
        web_version=f"{ports.public_url}/view/{view}",
        archive=archive_url(ports, slug),
        unsubscribe=f"{ports.public_url}/unsubscribe/{Slot.UNSUBSCRIBE}",
    )


def read_subscription(ports: Ports, text: str, purpose: str) -> int:
    """Return the id of the subscription that a confirm or unsubscribe link is about.

    Raises InputError unless the link was signed for this database and that purpose.
    """
    last = _installation(ports.store).last_legacy_subscription
    return _read(ports, text, purpose, last_legacy=last)


def read_edition(ports: Ports, text: str) -> int:
    """Return the id of the edition that a link to its mail is about.

    Raises InputError as read_subscription does.
    """
    return _read(ports, text, VIEW, last_legacy=_installation(ports.store).last_legacy_edition)


def read_bounce(ports: Ports, address: str) -> tuple[int, int]:
    """Return the edition and the subscriber of the delivery whose envelope sender this was.

    Raises InputError unless it was made for this database.
    """
    try:
        return parse_verp(address, key=signing_key(ports))
    except InputError:
        found = parse_verp(address, key=ports.secret)
        if found[0] > _installation(ports.store).last_legacy_edition:
            raise
        return found


def signing_key(ports: Ports) -> bytes:
    """Return the key that signs links and envelope senders: the secret's, for this database."""
    return _key(ports.secret, _installation(ports.store).uid)


def _read(ports: Ports, text: str, purpose: str, *, last_legacy: int) -> int:
    try:
        found, *_ = signed_token.verify_token(text, purpose, signing_key(ports))
    except InputError:
        found, *_ = signed_token.verify_token(
            text, purpose, ports.secret
        )  # in mail from before there was a uid
        if found > last_legacy:
            raise
    return found


@lru_cache(maxsize=8)
def _key(secret: bytes, uid: str) -> bytes:
    return hmac.digest(secret, f"installation:{uid}".encode(), "sha256")


@lru_cache(maxsize=8)
def _installation(store: Store) -> Installation:
    """Return the store's installation, asked for once in a process: it never changes."""
    with store.begin() as session:
        return installation.ensure(session)
