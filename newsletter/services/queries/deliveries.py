"""What became of an edition's deliveries, and how far a run is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from newsletter.domain.delivery.ledger import Delivery
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.states import is_sending
from newsletter.services.ports import Ports
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions

_PAGE = 10_000  # Read at once, so that no transaction is open while somebody reads the list.


@dataclass(frozen=True, slots=True, kw_only=True)
class RemainingWork:
    """How many deliveries are queued, of how many, and how many a worker has in its hand.

    is_moving says that some are in hand, or will be sent now.
    """

    queued: int
    total: int
    in_hand: int
    is_moving: bool


def count_deliveries(ports: Ports, edition_id: int) -> dict[DeliveryStatus, int]:
    """Return how many of the edition's deliveries are in each status."""
    with ports.store.begin() as session:
        return deliveries.counts(session, [edition_id])[edition_id]


def read_remaining_work(ports: Ports, edition_id: int) -> RemainingWork:
    """Return what is left of a run, and whether anything of it will be sent now."""
    with ports.store.begin() as session:
        # What is due is read first: a batch that is claimed in between counts twice. The other way
        # round it would count nowhere, and a run that goes on would look as if it did not.
        due = deliveries.due_batches(session, edition_id, now=ports.now(), limit=1)
        progress = deliveries.progress(session, [edition_id])[edition_id]
        status = editions.status(session, edition_id)
    return RemainingWork(
        queued=progress.queued,
        total=progress.total,
        in_hand=progress.sending,
        is_moving=bool(progress.sending or (due and is_sending(status))),
    )


def iter_deliveries(
    ports: Ports, edition_id: int, *, statuses: Collection[DeliveryStatus]
) -> Iterator[Delivery]:
    """Yield the edition's deliveries in these statuses, read page by page."""
    after = 0
    while True:
        with ports.store.begin() as session:
            page = deliveries.list_for_edition(
                session, edition_id, statuses=tuple(statuses), after=after, limit=_PAGE
            )
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].subscriber_id
