"""Dispatch: at its minute an edition is frozen, its deliveries planned, and its batches queued."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.delivery.retry_policy import RETRY_WINDOW
from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason, decide_release
from newsletter.domain.editions.recomposition import (
    Fate,
    decide_fate_at_minute,
    describe_shortage,
    release_minute,
)
from newsletter.domain.editions.removal import decide_after_removal
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError, PreflightError
from newsletter.mail.preflight import check_digest
from newsletter.mail.rendered import RenderedEmail
from newsletter.services.editions import render, review
from newsletter.services.editions.mailable import store_removal
from newsletter.services.ports import Ports
from newsletter.services.sending.run.deliver import MAX_TASKS
from newsletter.services.sending.sender_check import check_sender
from newsletter.services.sending.task_queue import enqueue_due
from newsletter.store import Session
from newsletter.store.collection import feeds
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions, master_copies, newsletters, open_editions

_WAITING = (EditionStatus.DRAFT, EditionStatus.APPROVED)
# An operator's word is an approval, and knows what time it is.
_RELEASABLE = (HoldReason.LATE, HoldReason.UNAPPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchResult:
    """What became of an edition at its minute: status, and how many deliveries were planned."""

    edition_id: int
    status: EditionStatus
    planned: int = 0
    reason: str = ""


def dispatch(ports: Ports, edition_id: int) -> DispatchResult:
    """Send the edition off if its newsletter's rule says so; else hold or skip it, and say why.

    Two at once do no harm: one of them takes it. One that is composed anew meanwhile waits for the
    next minute, and one whose schedule was changed for its new minute.
    """
    now = ports.now()
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        if edition.status not in _WAITING:
            return DispatchResult(
                edition_id=edition_id, status=edition.status, reason=edition.reason
            )
        minute = release_minute(edition, newsletter)
        if edition.sends_at <= now < minute:
            open_editions.reschedule(session, edition, minute=minute)
            return DispatchResult(edition_id=edition_id, status=edition.status)
        edition = replace(edition, sends_at=minute)
        fate = decide_fate_at_minute(edition, newsletter, feeds.health(session))
        if fate is not None:
            return _hold_back(session, edition, fate, expected=_WAITING)
        verdict = decide_release(edition, newsletter, now=now)
        if verdict.hold is not None:
            fate = Fate(status=EditionStatus.HELD, hold=verdict.hold, reason=verdict.reason)
            return _hold_back(session, edition, fate, expected=_WAITING)
    return _freeze_and_plan(ports, edition, newsletter, expected=_WAITING)


def send_now(ports: Ports, edition_id: int, *, force: bool = False) -> DispatchResult:
    """Send the edition off on an operator's word, which is an approval by itself.

    One that is out already, or was stopped in mid-run, goes on where it is. Raises
    InvalidStateError when it is skipped or cancelled, has no story, when the build refuses the
    email, or when it is held by an editor or too thin and force does not override that.
    """
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        shortage = describe_shortage(newsletter, len(edition.stories), feeds.health(session))
    if edition.hold is HoldReason.STOPPED:
        edition = review.approve(ports, edition_id, by="operator")
    if edition.status in {EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.FAILED}:
        enqueue_due(ports, edition_id)
        return DispatchResult(edition_id=edition.id, status=edition.status)
    if edition.status is EditionStatus.SKIPPED:
        raise InvalidStateError(f"The edition of {edition.on} is skipped. {edition.reason}")
    if edition.status is EditionStatus.CANCELLED:
        raise InvalidStateError(
            f"The edition of {edition.on} is cancelled. Send it to those who did not get it: "
            "newsletter send resend"
        )
    if edition.status is EditionStatus.DRAFT and shortage and not (force and edition.stories):
        override = " Send it all the same: --force" if edition.stories else ""
        raise InvalidStateError(
            f"The edition of {edition.on} has too little to say. {shortage}{override}"
        )
    if edition.status is EditionStatus.HELD and edition.hold not in _RELEASABLE and not force:
        raise InvalidStateError(
            f"The edition of {edition.on} is held: {edition.reason} Send it all the same: --force"
        )
    expected = (*_WAITING, EditionStatus.HELD)
    done = _freeze_and_plan(ports, edition, newsletter, expected=expected, is_forced=force)
    if done.status in {EditionStatus.HELD, EditionStatus.SKIPPED}:
        raise InvalidStateError(f"The edition of {edition.on} was not sent. {done.reason}")
    if done.status in _WAITING:
        raise InvalidStateError(
            f"The edition of {edition.on} was composed anew in this moment. Look at it, send again."
        )
    return done


def _hold_back(
    session: Session, edition: Edition, fate: Fate, *, expected: tuple[EditionStatus, ...]
) -> DispatchResult:
    """Hold or skip it, unless somebody was quicker or it was composed anew."""
    is_ours = editions.transition(
        session,
        edition.id,
        expected=expected,
        to=fate.status,
        as_composed_at=edition.composed_at,
        hold=fate.hold,
        reason=fate.reason,
    )
    if not is_ours:
        return DispatchResult(edition_id=edition.id, status=editions.status(session, edition.id))
    return DispatchResult(edition_id=edition.id, status=fate.status, reason=fate.reason)


def _freeze_and_plan(
    ports: Ports,
    edition: Edition,
    newsletter: Newsletter,
    *,
    expected: tuple[EditionStatus, ...],
    is_forced: bool = False,
) -> DispatchResult:
    """Freeze and plan in one transaction; queue after it. What cannot be mailed is out first."""
    now = ports.now()
    try:
        check_sender(newsletter, ports)
        _, unfit = render.remove_unmailable(ports, edition, newsletter)
        if unfit:
            edition, ended = _without(ports, edition, newsletter, unfit, is_forced=is_forced)
            if ended is not None:
                return ended
        email = render.render_preview(ports, edition, newsletter)
        check_digest(email)
        render.build_master(ports, email, edition, newsletter)  # so that no run finds out it cannot
    except PreflightError as error:
        with ports.store.begin() as session:
            fate = Fate(status=EditionStatus.HELD, hold=HoldReason.REFUSED, reason=str(error))
            return _hold_back(session, edition, fate, expected=expected)
    with ports.store.begin() as session:
        is_ours = editions.transition(
            session,
            edition.id,
            expected=expected,
            to=EditionStatus.SENDING,
            as_composed_at=edition.composed_at,
            hold=None,
            reason="",
            frozen_at=now,
            deadline_at=now + RETRY_WINDOW,
        )
        if not is_ours:
            found = editions.by_id(session, edition.id)
            return DispatchResult(edition_id=edition.id, status=found.status)
        master_copies.save(session, edition.id, _copy(email), now=now)
        # Due since it was composed: a worker whose clock is seconds behind ours finds it due too.
        due_at = min(edition.composed_at, now)
        planned = deliveries.plan_deliveries(
            session, edition.id, newsletter.id, on=edition.on, due_at=due_at, now=now
        )
        batches = deliveries.due_batches(session, edition.id, now=now, limit=MAX_TASKS)
        status = EditionStatus.SENDING if planned else _nobody(session, edition.id, now)
    ports.enqueue(edition.id, batches)
    return DispatchResult(edition_id=edition.id, status=status, planned=planned)


def _without(
    ports: Ports,
    edition: Edition,
    newsletter: Newsletter,
    unfit: Mapping[int, str],
    *,
    is_forced: bool,
) -> tuple[Edition, DispatchResult | None]:
    """Take out of the stored edition what cannot be mailed; with what ends it, if that does."""
    with ports.store.begin() as session:
        rest = store_removal(session, edition, newsletter, unfit)
        before, after = len(edition.stories), len(rest.stories)
        fate = decide_after_removal(newsletter, before=before, after=after)
        if fate is None or (is_forced and after):
            return rest, None
        status, hold, reason = fate
        expected = (*_WAITING, EditionStatus.HELD)
        if not editions.transition(
            session, edition.id, expected=expected, to=status, hold=hold, reason=reason
        ):
            status, reason = rest.status, rest.reason  # somebody else moved it a moment ago
    return rest, DispatchResult(edition_id=edition.id, status=status, reason=reason)


def _copy(email: RenderedEmail) -> master_copies.MasterCopy:
    return master_copies.MasterCopy(
        subject=email.subject, preheader=email.preheader, html=email.html, text=email.text
    )


def _nobody(session: Session, edition_id: int, now: datetime) -> EditionStatus:
    """With no reader there is nothing left to do: the edition is sent."""
    editions.transition(
        session,
        edition_id,
        expected=(EditionStatus.SENDING,),
        to=EditionStatus.SENT,
        sent_at=now,
        reason="Nobody is subscribed yet.",
    )
    return EditionStatus.SENT
