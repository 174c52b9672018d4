"""A run in somebody's hand: paused, let go on, cancelled; the failed, the uncertain sent again."""

from dataclasses import dataclass

from newsletter.domain.delivery.ledger import RetryableCounts
from newsletter.domain.delivery.retry_policy import RETRY_WINDOW
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import Edition, EditionStatus
from newsletter.domain.editions.states import is_stopped
from newsletter.domain.editions.transitions import Transition, may
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.errors import InvalidStateError, NewsletterError, NotFoundError
from newsletter.services.editions import review
from newsletter.services.ports import Ports
from newsletter.services.sending.close_edition import close_if_done, record_run_result
from newsletter.services.sending.task_queue import enqueue_due
from newsletter.store import Session
from newsletter.store.delivery import deliveries, delivery_reports
from newsletter.store.editions import editions
from newsletter.store.editions.transitions import try_transition
from newsletter.store.subscribers import subscribers

PAUSED = "Paused. Let it go on: newsletter send resume"
_NOT_OPEN = "is neither sent, cancelled nor being sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendResult:
    """How many failed deliveries are queued again, and which of the others are not, and why."""

    queued: int
    left_out: RetryableCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveResult:
    """How many uncertain deliveries somebody settled, and how many are uncertain still."""

    resolved: int
    left: int


def pause(ports: Ports, edition_id: int, *, by: str) -> Edition:
    """The edition, held in mid-run: each worker stops within a turn of its run, and gives back what
    it has (see in_hand).

    Raises InvalidStateError when it is not being sent.
    """
    with ports.store.begin() as session:
        if not try_transition(session, edition_id, Transition.STOP, reason=PAUSED, decided_by=by):
            raise _not_possible(session, edition_id, "is not being sent")
        return editions.by_id(session, edition_id)


def resume(ports: Ports, edition_id: int, *, by: str) -> Edition:
    """The edition that was stopped in mid-run, by whomever, going on where it was.

    Raises InvalidStateError when it was not stopped.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        if not may(edition, Transition.RESUME):
            raise _not_possible(session, edition_id, "was not stopped in mid-run")
    edition = review.approve(ports, edition_id, by=by, expected_revision=edition.revision)
    enqueue_due(ports, edition_id)
    return edition


def cancel(ports: Ports, edition_id: int, *, by: str) -> Edition:
    """The edition, cancelled: what is queued is failed, and says so.

    What a worker has in its hand follows when it is given back. Raises InvalidStateError when it is
    not under way.
    """
    with ports.store.begin() as session:
        if not try_transition(
            session,
            edition_id,
            Transition.CANCEL,
            reason=f"Cancelled by the {by}.",
            decided_by=by,
        ):
            raise _not_possible(session, edition_id, "is not under way")
    close_if_done(
        ports, edition_id
    )  # after the commit, for which the workers wait: this takes longer
    with ports.store.begin() as session:
        return editions.by_id(session, edition_id)


def resend(ports: Ports, edition_id: int) -> ResendResult:
    """Queue the failed of an edition that is sent, cancelled or being sent, for four hours more.

    Only those who still subscribe and may be written to; nobody who was sent it or is in doubt.
    Raises InvalidStateError when the edition is in another state.
    """
    with ports.store.begin() as session:
        if not may(editions.by_id(session, edition_id), Transition.REOPEN):
            raise _not_possible(session, edition_id, _NOT_OPEN)
        found = delivery_reports.count_retryable(session, edition_id)
        if not found.ready:
            return ResendResult(queued=0, left_out=found)
        _reopen(ports, session, edition_id)
        queued = deliveries.queue_failed(session, edition_id, now=ports.now())
        left_out = delivery_reports.count_retryable(session, edition_id)
    enqueue_due(ports, edition_id)
    return ResendResult(queued=queued, left_out=left_out)


def resolve_uncertain(
    ports: Ports, edition_id: int, to: DeliveryStatus, *, address: str = ""
) -> ResolveResult:
    """Write down that the uncertain, or the one of that address, were sent, failed, or go again.

    Whoever goes again gets the same Message-ID; an edition that was finished is reopened for them.
    Raises NotFoundError when no delivery to the address is uncertain, InvalidStateError when nobody
    who is may be written to any more.
    """
    with ports.store.begin() as session:
        if not _uncertain(session, edition_id) and not address:
            return ResolveResult(resolved=0, left=0)
        only = [_subscriber(session, edition_id, address)] if address else None
        edition = editions.by_id(session, edition_id)
        if to is DeliveryStatus.QUEUED and not is_stopped(edition):
            _reopen(ports, session, edition_id)
        settled = deliveries.resolve_uncertain(session, edition_id, to, now=ports.now(), only=only)
        if not settled:
            raise _none_settled(address)
        if to is not DeliveryStatus.QUEUED:
            record_run_result(session, edition_id, Transition.RECOUNT)
        left = _uncertain(session, edition_id)
    if to is DeliveryStatus.QUEUED:
        enqueue_due(ports, edition_id)
    return ResolveResult(resolved=settled, left=left)


def count_in_progress(ports: Ports, edition_id: int) -> int:
    """How many deliveries workers have in their hands, of which some may be on their way."""
    with ports.store.begin() as session:
        return deliveries.progress(session, [edition_id])[edition_id].sending


def count_with_relay(ports: Ports, edition_id: int) -> int:
    """Return how many messages of a stopped run the relay has not answered yet, at the most."""
    with ports.store.begin() as session:
        return delivery_reports.count_begun(session, edition_id)


def _reopen(ports: Ports, session: Session, edition_id: int) -> None:
    """The edition is being sent from now on, if it is not already; locked until the commit."""
    deadline_at = ports.now() + RETRY_WINDOW
    if not try_transition(session, edition_id, Transition.REOPEN, deadline_at=deadline_at):
        raise _not_possible(session, edition_id, _NOT_OPEN)


def _subscriber(session: Session, edition_id: int, address: str) -> int:
    newsletter_id = editions.by_id(session, edition_id).newsletter_id
    found = subscribers.by_address(session, newsletter_id, parse_address(address).key)
    if found is None:
        raise NotFoundError(f"{address} never subscribed.")
    return found.subscriber_id


def _uncertain(session: Session, edition_id: int) -> int:
    return deliveries.progress(session, [edition_id])[edition_id].uncertain


def _none_settled(address: str) -> NewsletterError:
    if address:
        return NotFoundError(f"No delivery to {address} is uncertain, or it may not be sent again.")
    return InvalidStateError(
        "None of the uncertain can be sent to again: they left, may not be written to, or a worker "
        "has their batch."
    )


def _not_possible(session: Session, edition_id: int, what: str) -> InvalidStateError:
    """The sentence that says what forbids it, and what can be done instead."""
    edition = editions.by_id(session, edition_id)
    instead = {
        EditionStatus.SENDING: "It is on its way: newsletter send pause",
        EditionStatus.CANCELLED: "Send it to those who did not get it: newsletter send resend",
        EditionStatus.SENT: "Send it to those who failed: newsletter send resend",
        EditionStatus.FAILED: "Send it again to those who failed: newsletter send resend",
    }
    if is_stopped(edition):
        hint = "Let it go on: newsletter send resume"
    else:
        hint = instead.get(edition.status, "")
    said = f"The edition of {edition.on} {what}: it is {edition.status}."
    return InvalidStateError(f"{said} {hint}".strip())
