"""What an editor decides about an edition: yes, not yet, go on."""

from newsletter.domain.delivery import RETRIED_FOR
from newsletter.domain.edition import (
    MOVES,
    UNEXPLAINED,
    Edition,
    EditionStatus,
    Hold,
    Move,
    minute_after_approval,
)
from newsletter.errors import StateError
from newsletter.services.ports import Ports
from newsletter.store import editions


def approve(ports: Ports, edition_id: int, *, by: str) -> Edition:
    """The edition, approved: it goes out at its minute, or at once if that has passed.

    Raises StateError when it is out, or skipped.
    """
    now = ports.now()
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        expected, to = MOVES[Move.APPROVE]
        minute = minute_after_approval(edition, now=now)
        changes = {"hold": None, "reason": "", "decided_by": by, "sends_at": minute}
        if edition.hold is Hold.STOPPED:  # its deliveries go on instead of beginning
            to = EditionStatus.SENDING
            changes |= {"sends_at": edition.sends_at, "deadline_at": now + RETRIED_FOR}
        if not editions.move(session, edition_id, expected=expected, to=to, **changes):
            raise StateError(f"The edition of {edition.on} is {edition.status} already.")
        return editions.by_id(session, edition_id)


def hold(ports: Ports, edition_id: int, *, note: str, by: str) -> Edition:
    """The edition, held until somebody approves it; in mid-run the rest of its deliveries wait.

    Raises StateError when it is sent, skipped, or held already.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        expected, to = MOVES[Move.HOLD]
        is_running = edition.status is EditionStatus.SENDING
        kind = Hold.STOPPED if is_running else Hold.EDITOR
        reason = note.strip() or UNEXPLAINED
        if not editions.move(
            session, edition_id, expected=expected, to=to, hold=kind, reason=reason, decided_by=by
        ):
            raise StateError(f"The edition of {edition.on} is {edition.status} already.")
        return editions.by_id(session, edition_id)
