"""Editions as they are now: one, several, and the mail that an edition is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.digest.digest import Decision
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import PreflightError
from newsletter.mail.preflight import check_digest
from newsletter.mail.rendered import RenderedEmail
from newsletter.services.editions import render
from newsletter.services.editions.next_release import NextRelease
from newsletter.services.editions.next_release import find_next_release as find_release
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions, newsletters


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionReview:
    """What an editor looks at: an edition, why each article is in or out, and its neighbours.

    edition is None where there is none of that date; email is None where it cannot be rendered.
    problems says why the mail would be refused, one sentence each. recent are the newsletter's
    last editions without their stories, and counts their deliveries.
    """

    newsletters: tuple[Newsletter, ...]
    edition: Edition | None
    decisions: tuple[Decision, ...]
    email: RenderedEmail | None
    problems: tuple[str, ...]
    recent: tuple[Edition, ...]
    counts: Mapping[int, Mapping[DeliveryStatus, int]]


def read_edition(ports: Ports, edition_id: int) -> Edition:
    """Return the edition with its stories. Raises NotFoundError when there is none."""
    with ports.store.begin() as session:
        return editions.by_id(session, edition_id)


def find_edition(ports: Ports, newsletter: Newsletter, on: date) -> Edition | None:
    """Return the newsletter's edition of that date with its stories, None when there is none."""
    with ports.store.begin() as session:
        return editions.by_date(session, newsletter.id, on)


def list_recent_editions(
    ports: Ports, newsletter: Newsletter, *, is_out: bool = False, limit: int = 30, offset: int = 0
) -> tuple[Edition, ...]:
    """Return the newsletter's editions without stories, the latest first.

    With is_out only those that were sent off.
    """
    with ports.store.begin() as session:
        return editions.list_recent(
            session, newsletter.id, is_out=is_out, limit=limit, offset=offset
        )


def find_latest_edition_out(ports: Ports, newsletter: Newsletter) -> Edition | None:
    """Return the last edition that was sent off, with its stories; None when there is none."""
    with ports.store.begin() as session:
        recent = editions.list_recent(session, newsletter.id, is_out=True, limit=1)
        return editions.by_id(session, recent[0].id) if recent else None


def find_next_release(ports: Ports, newsletter: Newsletter) -> NextRelease:
    """Return when the newsletter's next edition goes out."""
    with ports.store.begin() as session:
        return find_release(session, newsletter, now=ports.now())


def list_decisions(ports: Ports, edition: Edition) -> tuple[Decision, ...]:
    """Return why each article is in the edition or out of it."""
    with ports.store.begin() as session:
        return tuple(editions.decisions(session, edition.id))


def read_email(ports: Ports, edition: Edition, newsletter: Newsletter) -> RenderedEmail:
    """Return the mail that the edition is now, frozen or not, with its slots.

    Raises PreflightError when it cannot be rendered.
    """
    with ports.store.begin() as session:
        return render.render_current(ports, session, edition, newsletter)


def read_web_version(ports: Ports, edition_id: int) -> RenderedEmail:
    """Return the mail of an edition for whoever has a link to it.

    Raises NotFoundError when there is no such edition.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        return render.render_current(ports, session, edition, newsletter)


def read_review(ports: Ports, newsletter: Newsletter, on: date, *, last: int) -> EditionReview:
    """Return all that an editor looks at of a date, with the last editions as its neighbours."""
    with ports.store.begin() as session:
        recent = editions.list_recent(session, newsletter.id, limit=last)
        edition = editions.by_date(session, newsletter.id, on)
        email, problems = _try_render(ports, session, edition, newsletter)
        return EditionReview(
            newsletters=newsletters.list_all(session),
            edition=edition,
            decisions=tuple(editions.decisions(session, edition.id)) if edition else (),
            email=email,
            problems=problems,
            recent=recent,
            counts=deliveries.counts(session, [each.id for each in recent]),
        )


def _try_render(
    ports: Ports, session: Session, edition: Edition | None, newsletter: Newsletter
) -> tuple[RenderedEmail | None, tuple[str, ...]]:
    """Return the mail, and why the build would refuse it."""
    if edition is None:
        return None, ()
    email = None
    try:
        email = render.render_current(ports, session, edition, newsletter)
        check_digest(email)
    except PreflightError as error:
        return email, error.problems
    return email, ()
