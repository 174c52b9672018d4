"""Which newsletters there are."""

from newsletter.domain.newsletter import Newsletter
from newsletter.services.ports import Ports
from newsletter.store.editions import newsletters


def list_newsletters(ports: Ports) -> tuple[Newsletter, ...]:
    """Return all newsletters, the oldest first."""
    with ports.store.begin() as session:
        return newsletters.list_all(session)


def find_newsletter(ports: Ports, slug: str) -> Newsletter:
    """Return the newsletter of that short name; with an empty one the only one there is.

    Raises NotFoundError when there is none, or it is not clear which is meant.
    """
    with ports.store.begin() as session:
        return newsletters.by_slug(session, slug)
