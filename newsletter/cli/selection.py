"""Which newsletter and edition a command is about."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.context import day
from newsletter.errors import NotFoundError

if TYPE_CHECKING:
    from newsletter.domain.newsletter import Newsletter
    from newsletter.services.ports import Ports
    from newsletter.store import Session


SentEditionDate = Annotated[
    str,
    typer.Option(
        "--date", metavar="YYYY-MM-DD", help="The edition's date; the last sent off if left out."
    ),
]


def of_date(ports: "Ports", slug: str, on: str) -> tuple[Any, date]:
    """The newsletter, and the date that was typed or is today's there."""
    from newsletter.domain import schedule
    from newsletter.store.editions import newsletters

    with ports.store.begin() as session:
        newsletter = newsletters.by_slug(session, slug)
    return newsletter, day(on) or schedule.local_date(newsletter, ports.now())


def edition_of(session: "Session", newsletter: "Newsletter", when: date) -> Any:
    """The newsletter's edition of that date. Raises NotFoundError when there is none."""
    from newsletter.store.editions import editions

    found = editions.by_date(session, newsletter.id, when)
    if found is None:
        raise NotFoundError(
            f"There is no edition of {when} yet. Run: newsletter compose --date {when}"
        )
    return found


def sent_edition(ports: "Ports", slug: str, on: str) -> tuple[Any, Any]:
    """The newsletter, and its edition of the date that was typed or the last that was sent off.

    Raises NotFoundError when there is none.
    """
    from newsletter.store.editions import editions, newsletters

    with ports.store.begin() as session:
        newsletter = newsletters.by_slug(session, slug)
        if when := day(on):
            return newsletter, edition_of(session, newsletter, when)
        heads = editions.list_recent(session, newsletter.id)
    found = next((one for one in heads if one.frozen_at is not None), None)
    if found is None:
        raise NotFoundError("No edition has been sent off yet. See: newsletter status")
    return newsletter, found
