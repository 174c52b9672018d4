"""Who subscribes to a newsletter."""

from itertools import islice

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.subscription import Subscription, SubscriptionStatus
from newsletter.services.ports import Ports
from newsletter.store.subscribers import subscribers


def count_subscriptions(ports: Ports, newsletter: Newsletter) -> dict[SubscriptionStatus, int]:
    """Return how many subscriptions are in each status."""
    with ports.store.begin() as session:
        return subscribers.counts(session, newsletter.id)


def list_subscriptions(
    ports: Ports, newsletter: Newsletter, *, limit: int | None = None
) -> list[Subscription]:
    """Return the newsletter's subscriptions in the order of their ids; None as limit is all."""
    with ports.store.begin() as session:
        return list(islice(subscribers.iter_all(session, newsletter.id), limit))
