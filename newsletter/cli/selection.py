"""Which newsletter and edition a command is about."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.context import day
from newsletter.errors import NotFoundError

if TYPE_CHECKING:
    from newsletter.domain.editions.edition import Edition
    from newsletter.domain.newsletter import Newsletter
    from newsletter.services.ports import Ports


SentEditionDate = Annotated[
    str,
    typer.Option(
        "--date", metavar="YYYY-MM-DD", help="The edition's date; the last sent off if left out."
    ),
]


def of_date(ports: "Ports", slug: str, on: str) -> tuple["Newsletter", date]:
    """Return the newsletter, and the date that was typed or is today's there."""
    from newsletter.domain import schedule
    from newsletter.services.queries.newsletters import find_newsletter

    newsletter = find_newsletter(ports, slug)
    return newsletter, day(on) or schedule.local_date(newsletter, ports.now())


def edition_of(ports: "Ports", newsletter: "Newsletter", when: date) -> "Edition":
    """Return the newsletter's edition of that date. Raises NotFoundError when there is none."""
    from newsletter.services.queries.editions import find_edition

    edition = find_edition(ports, newsletter, when)
    if edition is None:
        raise NotFoundError(
            f"There is no edition of {when} yet.", hint=f"Run: newsletter compose --date {when}"
        )
    return edition


def sent_edition(ports: "Ports", slug: str, on: str) -> tuple["Newsletter", "Edition"]:
    """Return the newsletter, and its edition of the date that was typed or the last sent off.

    Raises NotFoundError when there is none.
    """
    from newsletter.services.queries.editions import list_recent_editions
    from newsletter.services.queries.newsletters import find_newsletter

    newsletter = find_newsletter(ports, slug)
    if when := day(on):
        return newsletter, edition_of(ports, newsletter, when)
    recent = list_recent_editions(ports, newsletter)
    edition = next((each for each in recent if each.frozen_at is not None), None)
    if edition is None:
        raise NotFoundError("No edition has been sent off yet.", hint="See: newsletter status")
    return newsletter, edition
