"""Follow the schedule: editions that are not out go by their newsletter's rules as they are now."""

from datetime import datetime, timedelta

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.recomposition import release_minute, reopened_status
from newsletter.domain.editions.transitions import Transition
from newsletter.domain.newsletter import Newsletter
from newsletter.store import Session, Store
from newsletter.store.editions import newsletters, open_editions
from newsletter.store.editions.transitions import try_transition

_DAY = timedelta(days=1)  # Yesterday's may be within its grace; what is older stays as it is.


def change_newsletter(store: Store, newsletter: Newsletter, *, now: datetime) -> Newsletter:
    """Make the newsletter or change the one with its slug; its open editions follow at once."""
    with store.begin() as session:
        saved = newsletters.save(session, newsletter, now=now)
        follow_schedule(session, saved, now=now)
    return saved


def follow_schedule(session: Session, newsletter: Newsletter, *, now: datetime) -> None:
    """Let each edition that is not out go out at the newsletter's minute as it is now.

    Drafts, approved and held ones alike. One that a rule held or skipped because of its minute
    waits for it again where that has not come by the rules as they are now, or by a clock that is
    right again.
    """
    since = schedule.local_date(newsletter, now) - _DAY
    for edition in open_editions.list_open(session, newsletter.id, since=since):
        _follow(session, edition, newsletter, now=now)


def _follow(session: Session, edition: Edition, newsletter: Newsletter, *, now: datetime) -> None:
    """Let one edition follow, unless it has changed since it was read: then it does next time."""
    minute = release_minute(edition, newsletter)
    status = reopened_status(edition, newsletter, now=now)
    if status is not None:
        try_transition(
            session,
            edition.id,
            Transition.RESTORE,
            expected_revision=edition.revision,
            to=status,
            sends_at=minute,
        )
    elif minute != edition.sends_at:
        try_transition(
            session,
            edition.id,
            Transition.RESCHEDULE,
            expected_revision=edition.revision,
            sends_at=minute,
        )
