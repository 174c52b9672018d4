"""Audit: the ledger of an edition held against what a relay kept of it."""

from collections.abc import Iterator
from pathlib import Path

from newsletter.domain.delivery.ledger import DeliveryState
from newsletter.domain.delivery.reconciliation import ReconciliationReport, reconcile
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import UncertainPolicy
from newsletter.errors import InvalidStateError, NotFoundError
from newsletter.mail.relay_archive import count_archived
from newsletter.store import Store
from newsletter.store.delivery import delivery_reports, partitions
from newsletter.store.editions import editions, newsletters

_PAGE = 50_000  # Deliveries in one read: a tenth of a second, and some megabytes.


def reconcile_edition(store: Store, edition_id: int, against: Path) -> ReconciliationReport:
    """The comparison with a Maildir, a folder of messages, an mbox, a dump or a log.

    In the middle of a run what is on its way may look lost, or like a surprise. Raises InputError
    when the source cannot be read, InvalidStateError when the edition has not been sent off,
    NotFoundError when its deliveries have been let go.
    """
    with store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
    ensure_ledger_kept(store, edition)
    found = count_archived(against, edition_id, edition.uid)
    return reconcile(
        iter_states(store, edition_id),
        found,
        repeats=newsletter.uncertain_policy is UncertainPolicy.REPEAT,
    )


def ensure_ledger_kept(store: Store, edition: Edition) -> None:
    """Raise unless the ledger tells what became of each of the edition's deliveries."""
    if edition.frozen_at is None:
        raise InvalidStateError(
            f"The edition of {edition.on} has not been sent off: it is {edition.status}."
        )
    with store.begin() as session:
        if not partitions.exists(session, edition.on):
            raise NotFoundError(
                f"What became of each delivery of {edition.on} has been let go.",
                hint="NEWSLETTER_KEEP_MONTHS says when; newsletter status tells how many there "
                "were.",
            )


def iter_states(store: Store, edition_id: int) -> Iterator[DeliveryState]:
    """Each delivery of the edition, read page by page: no transaction is held open meanwhile."""
    after = 0
    while True:
        with store.begin() as session:
            page = delivery_reports.list_states(session, edition_id, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].subscriber_id
