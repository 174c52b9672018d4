"""What a reply leads to for one delivery of an edition, and what follows from it for others."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.domain.delivery.retry_policy import (
    RETRY_WINDOW,
    ReplyAction,
    ReplyDecision,
    back_off,
    decide_after_reply,
)
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.transitions import Transition
from newsletter.domain.newsletter import Newsletter, UncertainPolicy
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.delivery.batches import ClaimedDelivery, DeliveryOutcome
from newsletter.store.editions.transitions import try_transition
from newsletter.store.subscribers import suppressions

_log = logging.getLogger(__name__)
_STATUS = {
    ReplyAction.SENT: DeliveryStatus.SENT,
    ReplyAction.RETRY: DeliveryStatus.QUEUED,
    ReplyAction.FAILED: DeliveryStatus.FAILED,
    ReplyAction.UNCERTAIN: DeliveryStatus.UNCERTAIN,
    ReplyAction.STOP: DeliveryStatus.QUEUED,
}
_LOST = "The worker that was sending it died; the relay may have taken it or not."


class OutcomePolicy:
    """Applies the rules of domain/delivery and of the newsletter to one edition's replies."""

    def __init__(self, ports: Ports, edition: Edition, newsletter: Newsletter) -> None:
        self._ports = ports
        self._edition = edition
        self._repeats = newsletter.uncertain_policy is UncertainPolicy.REPEAT
        self._gives_up_at = delivery_deadline(edition)

    def decide(self, due: ClaimedDelivery, reply: Reply) -> tuple[DeliveryOutcome, ReplyDecision]:
        """What is written down of the delivery; a retry that would come too late is a failure."""
        now = self._ports.now()
        outcome = decide_after_reply(reply, attempts=due.attempts + 1)
        if outcome.action is ReplyAction.UNCERTAIN and self._repeats:
            outcome = ReplyDecision(action=ReplyAction.RETRY, wait=timedelta(0))
        if outcome.wait is not None and now + outcome.wait > self._gives_up_at:
            outcome = replace(outcome, action=ReplyAction.FAILED, wait=None)
        status = _STATUS[outcome.action]
        due_at = now + (outcome.wait or timedelta(0)) if status is DeliveryStatus.QUEUED else None
        settled = DeliveryOutcome(
            subscriber_id=due.subscriber_id,
            status=status,
            code=reply.code,
            reply=reply.text,
            due_at=due_at,
        )
        return settled, outcome

    def put_back(self, due: ClaimedDelivery, reply: Reply) -> tuple[DeliveryOutcome, ReplyDecision]:
        """Return what is written down of a delivery that was refused because of us: it waits."""
        return self._queued(due, reply, ReplyDecision(action=ReplyAction.STOP), timedelta(0))

    def put_off(self, due: ClaimedDelivery, reply: Reply) -> tuple[DeliveryOutcome, ReplyDecision]:
        """Return what is written down of a refusal that may be about us: asked again later."""
        wait = back_off(due.attempts + 1)
        if self._ports.now() + wait > self._gives_up_at:
            return self.decide(due, reply)
        return self._queued(due, reply, ReplyDecision(action=ReplyAction.RETRY, wait=wait), wait)

    def _queued(
        self, due: ClaimedDelivery, reply: Reply, outcome: ReplyDecision, wait: timedelta
    ) -> tuple[DeliveryOutcome, ReplyDecision]:
        settled = DeliveryOutcome(
            subscriber_id=due.subscriber_id,
            status=DeliveryStatus.QUEUED,
            code=reply.code,
            reply=reply.text,
            due_at=self._ports.now() + wait,
        )
        return settled, outcome

    def decide_lost(self, due: ClaimedDelivery) -> DeliveryOutcome:
        """What is written down of a delivery whose worker died in the middle of it."""
        settled, _ = self.decide(due, Reply(code=0, text=_LOST))
        return settled

    def apply(
        self, session: Session, due: ClaimedDelivery, reply: Reply, outcome: ReplyDecision
    ) -> None:
        """Suppress an address where nobody is; hold the edition when the refusal is about us."""
        if outcome.is_dead_address:
            now = self._ports.now()
            suppressions.add(session, due.address_key, reason="no such mailbox", now=now)
        if outcome.action is ReplyAction.STOP:
            hold_edition(session, self._edition, f"The relay refuses us ({reply}); the rest waits.")


def hold_edition(session: Session, edition: Edition, why: str) -> None:
    """Hold the edition in mid-run; what is queued stays so until somebody lets it go on."""
    if try_transition(session, edition.id, Transition.STOP, reason=why):
        # The reason may hold an address, which no log does: newsletter status shows it.
        _log.error("The run of the edition of %s is stopped. See: newsletter status", edition.on)


def delivery_deadline(edition: Edition) -> datetime:
    """When what has not left is no evening mail any more."""
    return edition.deadline_at or edition.sends_at + RETRY_WINDOW
