"""Closing an edition whose run is over: what came of it is written on its row."""

from datetime import datetime
from typing import Literal

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.run_result import decide_result
from newsletter.domain.editions.states import is_cancelled
from newsletter.domain.editions.transitions import EditionChanges, Transition
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.delivery import deliveries, delivery_reports
from newsletter.store.editions import editions
from newsletter.store.editions.transitions import try_transition

_CANCELLED = "Cancelled before it was sent."


def close_if_done(ports: Ports, edition_id: int) -> bool:
    """Return whether the edition had nothing left to do, and is now sent, or failed as a whole.

    Of one that is cancelled what is queued fails.
    """
    with ports.store.begin() as session:
        if is_cancelled(editions.status(session, edition_id)):
            deliveries.fail_queued(session, edition_id, now=ports.now(), why=_CANCELLED)
            return True
        return deliveries.is_finished(session, edition_id) and record_run_result(
            session, edition_id, Transition.FINISH, sent_at=ports.now()
        )


def record_run_result(
    session: Session,
    edition_id: int,
    transition: Literal[Transition.FINISH, Transition.RECOUNT],
    *,
    sent_at: datetime | None = None,
) -> bool:
    """Write what came of a run that is over; return whether its state allows the transition.

    sent_at is None where it is known already.
    """
    counts = deliveries.counts(session, [edition_id])[edition_id]
    reply = ""
    if counts[DeliveryStatus.FAILED]:
        reply = delivery_reports.commonest_failure(session, edition_id)
    to, reason = decide_result(counts, commonest_reply=reply)
    changes: EditionChanges = {"reason": reason}
    if sent_at is not None:
        changes["sent_at"] = sent_at
    return try_transition(session, edition_id, transition, to=to, **changes) is not None
