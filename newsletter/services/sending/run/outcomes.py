"""What a reply leads to for one delivery of an edition, and what follows from it for others."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.domain.delivery.retry_policy import (
    RETRIED_FOR,
    Next,
    Outcome,
    after_reply,
    back_off,
)
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import MOVES, Edition, EditionStatus, Hold, Move
from newsletter.domain.newsletter import InDoubt, Newsletter
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.delivery.batches import Due, Settled
from newsletter.store.editions import editions
from newsletter.store.subscribers import suppressions

_log = logging.getLogger(__name__)
_STATUS = {
    Next.SENT: DeliveryStatus.SENT,
    Next.RETRY: DeliveryStatus.QUEUED,
    Next.FAILED: DeliveryStatus.FAILED,
    Next.UNCERTAIN: DeliveryStatus.UNCERTAIN,
    Next.STOP: DeliveryStatus.QUEUED,
}
_LOST = "The worker that was sending it died; the relay may have taken it or not."


class Judge:
    """Applies the rules of domain/delivery and of the newsletter to one edition's replies."""

    def __init__(self, ports: Ports, edition: Edition, newsletter: Newsletter) -> None:
        self._ports = ports
        self._edition = edition
        self._repeats = newsletter.in_doubt is InDoubt.REPEAT
        self._gives_up_at = gives_up_at(edition)

    def settled(self, due: Due, reply: Reply) -> tuple[Settled, Outcome]:
        """What is written down of the delivery; a retry that would come too late is a failure."""
        now = self._ports.now()
        outcome = after_reply(reply, attempts=due.attempts + 1)
        if outcome.next is Next.UNCERTAIN and self._repeats:
            outcome = Outcome(next=Next.RETRY, wait=timedelta(0))
        if outcome.wait is not None and now + outcome.wait > self._gives_up_at:
            outcome = replace(outcome, next=Next.FAILED, wait=None)
        status = _STATUS[outcome.next]
        due_at = now + (outcome.wait or timedelta(0)) if status is DeliveryStatus.QUEUED else None
        settled = Settled(
            subscriber_id=due.subscriber_id,
            status=status,
            code=reply.code,
            reply=reply.text,
            due_at=due_at,
        )
        return settled, outcome

    def put_back(self, due: Due, reply: Reply) -> tuple[Settled, Outcome]:
        """Return what is written down of a delivery that was refused because of us: it waits."""
        return self._queued(due, reply, Outcome(next=Next.STOP), timedelta(0))

    def put_off(self, due: Due, reply: Reply) -> tuple[Settled, Outcome]:
        """Return what is written down of a refusal that may be about us: asked again later."""
        wait = back_off(due.attempts + 1)
        if self._ports.now() + wait > self._gives_up_at:
            return self.settled(due, reply)
        return self._queued(due, reply, Outcome(next=Next.RETRY, wait=wait), wait)

    def _queued(
        self, due: Due, reply: Reply, outcome: Outcome, wait: timedelta
    ) -> tuple[Settled, Outcome]:
        settled = Settled(
            subscriber_id=due.subscriber_id,
            status=DeliveryStatus.QUEUED,
            code=reply.code,
            reply=reply.text,
            due_at=self._ports.now() + wait,
        )
        return settled, outcome

    def lost(self, due: Due) -> Settled:
        """What is written down of a delivery whose worker died in the middle of it."""
        settled, _ = self.settled(due, Reply(code=0, text=_LOST))
        return settled

    def follow(self, session: Session, due: Due, reply: Reply, outcome: Outcome) -> None:
        """Suppress an address where nobody is; hold the edition when the refusal is about us."""
        if outcome.is_dead_address:
            now = self._ports.now()
            suppressions.add(session, due.address_key, reason="no such mailbox", now=now)
        if outcome.next is Next.STOP:
            stop(session, self._edition, f"The relay refuses us ({reply}); the rest waits.")


def stop(session: Session, edition: Edition, why: str) -> None:
    """Hold the edition in mid-run; what is queued stays so until somebody lets it go on."""
    expected, to = (EditionStatus.SENDING,), MOVES[Move.HOLD][1]
    is_ours = editions.move(
        session, edition.id, expected=expected, to=to, hold=Hold.STOPPED, reason=why
    )
    if is_ours:  # The reason may hold an address, which no log does: newsletter status shows it.
        _log.error("The run of the edition of %s is stopped. See: newsletter status", edition.on)


def gives_up_at(edition: Edition) -> datetime:
    """When what has not left is no evening mail any more."""
    return edition.deadline_at or edition.sends_at + RETRIED_FOR
