"""What an editor decides about an edition: yes, not yet, go on."""

from dataclasses import replace

from newsletter.domain import schedule
from newsletter.domain.delivery.retry_policy import RETRY_WINDOW
from newsletter.domain.editions.edition import UNEXPLAINED, Edition
from newsletter.domain.editions.states import is_sending, is_stopped
from newsletter.domain.editions.transitions import Transition, may, send_time_after_approval
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError
from newsletter.services.ports import Ports
from newsletter.store import Session
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.transitions import transition


def approve(
    ports: Ports, edition_id: int, *, by: str, expected_revision: int | None = None
) -> Edition:
    """Approve the edition: it goes out at its minute, or at once if that has passed; return it.

    What it holds now is what goes out: it is not composed anew, however early that was said. The
    run of one that was stopped goes on. expected_revision is what the person has seen. Raises
    StaleRevisionError when it has changed since, InvalidStateError when it is out, skipped, without
    a story, or of a day on which none goes out.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        revision = edition.revision if expected_revision is None else expected_revision
        if is_stopped(edition):
            transition(
                session,
                edition_id,
                Transition.RESUME,
                expected_revision=revision,
                decided_by=by,
                deadline_at=ports.now() + RETRY_WINDOW,
            )
        else:
            _release(ports, session, edition, revision, by=by)
        return editions.by_id(session, edition_id)


def hold(
    ports: Ports, edition_id: int, *, note: str, by: str, expected_revision: int | None = None
) -> Edition:
    """Hold the edition until somebody approves it; in mid-run the rest of its deliveries wait.

    Raises StaleRevisionError when it has changed since the revision that was seen,
    InvalidStateError when it is sent, skipped, or held by a person or for its minute already.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        transition(
            session,
            edition_id,
            Transition.STOP if is_sending(edition.status) else Transition.HOLD,
            expected_revision=edition.revision if expected_revision is None else expected_revision,
            reason=note.strip() or UNEXPLAINED,
            decided_by=by,
        )
        return editions.by_id(session, edition_id)


def _release(ports: Ports, session: Session, edition: Edition, revision: int, *, by: str) -> None:
    newsletter = newsletters.by_id(session, edition.newsletter_id)
    if may(edition, Transition.APPROVE) and edition.revision == revision:
        _check_approvable(edition, newsletter)
    scheduled = schedule.sends_at(newsletter, edition.on)
    minute = send_time_after_approval(replace(edition, sends_at=scheduled), now=ports.now())
    transition(
        session,
        edition.id,
        Transition.APPROVE,
        expected_revision=revision,
        decided_by=by,
        sends_at=minute,
        released_at=minute if minute > scheduled else None,
    )


def _check_approvable(edition: Edition, newsletter: Newsletter) -> None:
    """Raises InvalidStateError when nothing would go out of what is approved."""
    if not edition.stories:
        raise InvalidStateError(f"The edition of {edition.on} has no story that could be approved.")
    if not schedule.is_sending_day(newsletter, edition.on):
        raise InvalidStateError(
            f"{edition.on:%A} is not a day on which it goes out. Send the edition of {edition.on} "
            f"all the same: newsletter send --date {edition.on}"
        )
