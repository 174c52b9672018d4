"""Which feeds are read, and how they are."""

from newsletter.domain.feed import Feed
from newsletter.services.ports import Ports
from newsletter.store.collection import feeds


def list_feeds(ports: Ports) -> tuple[Feed, ...]:
    """Return all feeds, by source and address."""
    with ports.store.begin() as session:
        return feeds.list_all(session)
