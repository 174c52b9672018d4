"""What an editor decides about an edition: yes, not yet, go on."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from newsletter.domain import schedule
from newsletter.domain.delivery.retry_policy import RETRY_WINDOW
from newsletter.domain.editions.edition import (
    TRANSITIONS,
    UNEXPLAINED,
    Edition,
    EditionStatus,
    HoldReason,
    Transition,
    send_time_after_approval,
)
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError
from newsletter.services.ports import Ports
from newsletter.store.editions import editions, newsletters


def approve(
    ports: Ports, edition_id: int, *, by: str, as_composed_at: datetime | None = None
) -> Edition:
    """The edition, approved: it goes out at its minute, or at once if that has passed.

    What it holds now is what goes out: it is not composed anew, however early that was said.
    as_composed_at is when that was composed which the person has seen. Raises InvalidStateError
    when it is out, skipped, without a story, of a day on which none goes out, or was composed anew
    since.
    """
    now = ports.now()
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        expected, to = TRANSITIONS[Transition.APPROVE]
        changes: dict[str, Any] = {"hold": None, "reason": "", "decided_by": by}
        if edition.hold is HoldReason.STOPPED:  # its deliveries go on instead of beginning
            to = EditionStatus.SENDING
            changes |= {"deadline_at": now + RETRY_WINDOW}
        elif edition.status in expected:
            _check_approvable(edition, newsletter)
            scheduled = schedule.sends_at(newsletter, edition.on)
            minute = send_time_after_approval(replace(edition, sends_at=scheduled), now=now)
            changes |= {"sends_at": minute, "released_at": minute if minute > scheduled else None}
        if not editions.transition(
            session, edition_id, expected=expected, to=to, as_composed_at=as_composed_at, **changes
        ):
            raise InvalidStateError(_why_not(editions.by_id(session, edition_id), expected))
        return editions.by_id(session, edition_id)


def hold(ports: Ports, edition_id: int, *, note: str, by: str) -> Edition:
    """The edition, held until somebody approves it; in mid-run the rest of its deliveries wait.

    Raises InvalidStateError when it is sent, skipped, or held already.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        expected, to = TRANSITIONS[Transition.HOLD]
        is_running = edition.status is EditionStatus.SENDING
        kind = HoldReason.STOPPED if is_running else HoldReason.EDITOR
        reason = note.strip() or UNEXPLAINED
        changes: dict[str, Any] = {"hold": kind, "reason": reason, "decided_by": by}
        if not is_running:  # that it was let go late is taken back
            changes |= {"released_at": None}
        if not editions.transition(
            session, edition_id, expected=expected & {edition.status}, to=to, **changes
        ):
            raise InvalidStateError(_why_not(editions.by_id(session, edition_id), expected))
        return editions.by_id(session, edition_id)


def _check_approvable(edition: Edition, newsletter: Newsletter) -> None:
    """Raises InvalidStateError when nothing would go out of what is approved."""
    if not edition.stories:
        raise InvalidStateError(f"The edition of {edition.on} has no story that could be approved.")
    if not schedule.is_sending_day(newsletter, edition.on):
        raise InvalidStateError(
            f"{edition.on:%A} is not a day on which it goes out. Send the edition of {edition.on} "
            f"all the same: newsletter send --date {edition.on}"
        )


def _why_not(edition: Edition, expected: Collection[EditionStatus]) -> str:
    if edition.status in expected:
        return f"The edition of {edition.on} has changed since you looked. Look at it again."
    return f"The edition of {edition.on} is {edition.status} already."
