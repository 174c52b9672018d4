"""The public addresses, signed where they carry somebody's right to do something."""

from datetime import date

from newsletter.domain import token
from newsletter.mail.rendering import Links, Slot
from newsletter.services.ports import Ports

CONFIRM, UNSUBSCRIBE, VIEW = "confirm", "unsubscribe", "view"


def site(ports: Ports, slug: str) -> str:
    """The newsletter's page: what it is, and how to subscribe."""
    return f"{ports.public_url}/n/{slug}"


def archive(ports: Ports, slug: str) -> str:
    """The page of past editions."""
    return f"{site(ports, slug)}/archive"


def edition(ports: Ports, slug: str, on: date) -> str:
    """The public page of an edition."""
    return f"{site(ports, slug)}/{on.isoformat()}"


def confirm(ports: Ports, subscription_id: int) -> str:
    """Where a reader says yes."""
    return f"{ports.public_url}/confirm/{token.sign(CONFIRM, subscription_id, key=ports.secret)}"


def unsubscribe_token(ports: Ports, subscription_id: int) -> str:
    """What goes into the slot of the unsubscribe address."""
    return token.sign(UNSUBSCRIBE, subscription_id, key=ports.secret)


def in_mail(ports: Ports, slug: str, edition_id: int) -> Links:
    """The addresses in an edition's mail; the unsubscribe address holds its slot."""
    view = token.sign(VIEW, edition_id, key=ports.secret)
    return Links(
        site=site(ports, slug),
        web_version=f"{ports.public_url}/view/{view}",
        archive=archive(ports, slug),
        unsubscribe=f"{ports.public_url}/unsubscribe/{Slot.UNSUBSCRIBE}",
    )
