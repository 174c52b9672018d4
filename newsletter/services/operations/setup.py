"""The database's tables brought to this version, or checked; and newsletters put into them."""

from newsletter.domain.newsletter import Newsletter
from newsletter.services.ports import Ports
from newsletter.store import schema
from newsletter.store.editions import newsletters


def migrate_database(ports: Ports) -> None:
    """Bring the tables to this version. Harmless when they are."""
    schema.migrate(ports.store)


def check_database(ports: Ports) -> None:
    """Raise UnreachableError, or InvalidStateError where the tables are not of this version."""
    schema.check_schema(ports.store)


def save_newsletter(ports: Ports, newsletter: Newsletter) -> Newsletter:
    """Return the newsletter as stored, made or changed."""
    with ports.store.begin() as session:
        return newsletters.save(session, newsletter, now=ports.now())


def add_first_newsletter(ports: Ports, first: Newsletter) -> Newsletter | None:
    """Return the newsletter as stored, None where there was one already."""
    with ports.store.begin() as session:
        if newsletters.list_all(session):
            return None
        return newsletters.save(session, first, now=ports.now())
