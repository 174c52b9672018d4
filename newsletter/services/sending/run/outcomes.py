"""What a reply leads to for one delivery of an edition, and what follows from it for others."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from newsletter.domain.newsletter import Newsletter, UncertainPolicy
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.delivery.batches import ClaimedDelivery, DeliveryOutcome
from newsletter.store.subscribers import suppressions

_STATUS = {
    ReplyAction.SENT: DeliveryStatus.SENT,
    ReplyAction.RETRY: DeliveryStatus.QUEUED,
    ReplyAction.FAILED: DeliveryStatus.FAILED,
    ReplyAction.UNCERTAIN: DeliveryStatus.UNCERTAIN,
    ReplyAction.STOP: DeliveryStatus.QUEUED,
}
_NO_WAIT = timedelta(0)
_LOST = "The worker that was sending it died; the relay may have taken it or not."


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What came of one delivery: what the ledger writes, and what follows for others.

    dead_address is the key of an address at which nobody is, "" where that is not known: nothing is
    to be sent there any more. stop_reason is why the run is to stop, "" where it may go on.
    """

    outcome: DeliveryOutcome
    dead_address: str = ""
    stop_reason: str = ""

    @property
    def has_effects(self) -> bool:
        """Whether it is to be written together with something else."""
        return bool(self.dead_address or self.stop_reason)


class OutcomePolicy:
    """Applies the rules of domain/delivery and of the newsletter to one edition's replies."""

    def __init__(self, ports: Ports, edition: Edition, newsletter: Newsletter) -> None:
        self._now = ports.now
        self._repeats = newsletter.uncertain_policy is UncertainPolicy.REPEAT
        self._deadline = delivery_deadline(edition)

    def decide(self, delivery: ClaimedDelivery, reply: Reply) -> DeliveryResult:
        """Return what a reply leads to; a retry that would come too late is a failure."""
        now = self._now()
        decision = decide_after_reply(reply, attempts=delivery.attempts + 1)
        if decision.action is ReplyAction.UNCERTAIN and self._repeats:
            decision = ReplyDecision(action=ReplyAction.RETRY, wait=_NO_WAIT)
        if decision.wait is not None and now + decision.wait > self._deadline:
            decision = replace(decision, action=ReplyAction.FAILED, wait=None)
        status = _STATUS[decision.action]
        due_at = now + (decision.wait or _NO_WAIT) if status is DeliveryStatus.QUEUED else None
        return DeliveryResult(
            _outcome(delivery, reply, status, due_at),
            dead_address=delivery.address_key if decision.is_dead_address else "",
            stop_reason=_stop_reason(reply) if decision.action is ReplyAction.STOP else "",
        )

    def put_back(self, delivery: ClaimedDelivery, reply: Reply) -> DeliveryResult:
        """Return the result of a delivery that was refused because of us: it waits, the run stops.

        Nobody else is asked meanwhile.
        """
        outcome = _outcome(delivery, reply, DeliveryStatus.QUEUED, self._now())
        return DeliveryResult(outcome, stop_reason=_stop_reason(reply))

    def put_off(self, delivery: ClaimedDelivery, reply: Reply) -> DeliveryResult:
        """Return the result of a refusal that may be about us: the relay is asked again later."""
        due_at = self._now() + back_off(delivery.attempts + 1)
        if due_at > self._deadline:
            return self.decide(delivery, reply)
        return DeliveryResult(_outcome(delivery, reply, DeliveryStatus.QUEUED, due_at))

    def decide_lost(self, delivery: ClaimedDelivery) -> DeliveryResult:
        """Return the result of a delivery whose worker died in the middle of it."""
        return self.decide(delivery, Reply(code=0, text=_LOST))


def refuse(delivery: ClaimedDelivery, why: str) -> DeliveryResult:
    """Return the result of a delivery that fails without any relay being asked."""
    return DeliveryResult(
        _outcome(delivery, Reply(code=0, text=why), DeliveryStatus.FAILED, None),
    )


def suppress_dead_addresses(
    session: Session, results: Iterable[DeliveryResult], *, now: datetime
) -> None:
    """Suppress the addresses at which nobody is."""
    for result in results:
        if result.dead_address:
            suppressions.add(session, result.dead_address, reason="no such mailbox", now=now)


def delivery_deadline(edition: Edition) -> datetime:
    """Return when what has not left is no evening mail any more."""
    return edition.deadline_at or edition.sends_at + RETRY_WINDOW


def _outcome(
    delivery: ClaimedDelivery, reply: Reply, status: DeliveryStatus, due_at: datetime | None
) -> DeliveryOutcome:
    return DeliveryOutcome(
        subscriber_id=delivery.subscriber_id,
        status=status,
        code=reply.code,
        reply=reply.text,
        due_at=due_at,
    )


def _stop_reason(reply: Reply) -> str:
    return f"The relay refuses us ({reply}); the rest waits."
