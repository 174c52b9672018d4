"""Dispatch: at its minute an edition is frozen, its deliveries planned, and its batches queued."""

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.delivery.retry_policy import RETRY_WINDOW
from newsletter.domain.editions.edition import Edition, EditionState, EditionStatus
from newsletter.domain.editions.recomposition import (
    decide_state_at_minute,
    describe_shortage,
    release_minute,
)
from newsletter.domain.editions.removal import decide_after_removal
from newsletter.domain.editions.run_result import NOBODY_SUBSCRIBED
from newsletter.domain.editions.states import (
    has_begun,
    is_stopped,
    waits_for_release,
)
from newsletter.domain.editions.transitions import (
    Transition,
    decide_release,
    leads_to,
    refuse_to_send,
    refused_state,
)
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError, PreflightError
from newsletter.mail.preflight import check_digest
from newsletter.mail.rendered import RenderedEmail
from newsletter.services.editions import render, review
from newsletter.services.editions.mailable import store_removal
from newsletter.services.ports import Ports
from newsletter.services.sending.sender_check import check_sender
from newsletter.services.sending.task_queue import MAX_TASKS, enqueue_due
from newsletter.store import Session
from newsletter.store.collection import feeds
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions, master_copies, newsletters
from newsletter.store.editions.transitions import transition, try_transition


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchResult:
    """What became of an edition at its minute: status, and how many deliveries were planned."""

    edition_id: int
    status: EditionStatus
    planned: int = 0
    reason: str = ""


def dispatch(ports: Ports, edition_id: int) -> DispatchResult:
    """Send the edition off if its newsletter's rule says so; else hold or skip it, and say why.

    1. One that nobody dispatches at its minute, being held, skipped or out, is left as it is.
    2. One whose minute was moved by the schedule waits for that.
    3. One that a rule keeps back is held or skipped.
    4. Any other is frozen and planned.

    Two at once do no harm: one of them takes it. One that was changed meanwhile waits for the next
    minute.
    """
    now = ports.now()
    with ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        newsletter = newsletters.by_id(session, edition.newsletter_id)
        if not waits_for_release(edition.status):
            return _as_it_is(edition)
        minute = release_minute(edition, newsletter)
        if edition.sends_at <= now < minute:
            try_transition(
                session,
                edition_id,
                Transition.RESCHEDULE,
                expected_revision=edition.revision,
                sends_at=minute,
            )
            return DispatchResult(edition_id=edition_id, status=edition.status)
        edition = replace(edition, sends_at=minute)
        state = decide_state_at_minute(
            edition, newsletter, feeds.health(session)
        ) or decide_release(edition, newsletter, now=now)
        if state is not None:
            return _keep_back(session, edition, state)
    return _freeze_and_plan(ports, edition, newsletter)


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
    if is_stopped(edition):
        edition = review.approve(
            ports, edition_id, by="operator", expected_revision=edition.revision
        )
    if has_begun(edition.status):
        enqueue_due(ports, edition_id)
        return DispatchResult(edition_id=edition.id, status=edition.status)
    if refusal := refuse_to_send(edition, shortage=shortage, is_forced=force):
        raise InvalidStateError(refusal)
    done = _freeze_and_plan(ports, edition, newsletter, is_forced=force)
    if waits_for_release(done.status):
        raise InvalidStateError(
            f"The edition of {edition.on} was changed in this moment. Look at it, send again."
        )
    if not has_begun(done.status):
        raise InvalidStateError(f"The edition of {edition.on} was not sent. {done.reason}")
    return done


def _as_it_is(edition: Edition) -> DispatchResult:
    return DispatchResult(edition_id=edition.id, status=edition.status, reason=edition.reason)


def _keep_back(session: Session, edition: Edition, state: EditionState) -> DispatchResult:
    """Hold or skip it, unless it was changed since it was read."""
    revision = try_transition(
        session,
        edition.id,
        leads_to(state),
        expected_revision=edition.revision,
        hold=state.hold,
        reason=state.reason,
    )
    if revision is None:
        return _as_it_is(editions.by_id(session, edition.id))
    return DispatchResult(edition_id=edition.id, status=state.status, reason=state.reason)


def _freeze_and_plan(
    ports: Ports, edition: Edition, newsletter: Newsletter, *, is_forced: bool = False
) -> DispatchResult:
    """Freeze the edition as it was read, and plan its deliveries.

    1. What cannot be mailed is taken out of the stored edition; that may keep it back.
    2. Its mail is rendered and checked; where the build refuses it, the edition is held.
    3. In one transaction it is frozen, if it is still at the revision that was rendered, and its
       master copy and deliveries are written.
    4. After the commit its batches are queued.
    """
    try:
        check_sender(newsletter, ports)
        mailed = _remove_unmailable(ports, edition, newsletter, is_forced=is_forced)
        if isinstance(mailed, DispatchResult):
            return mailed
        edition = mailed
        email = render.render_preview(ports, edition, newsletter)
        check_digest(email)
        render.build_master(ports, email, edition, newsletter)  # so that no run finds out it cannot
    except PreflightError as error:
        with ports.store.begin() as session:
            return _keep_back(session, edition, refused_state(str(error)))
    now = ports.now()
    with ports.store.begin() as session:
        revision = try_transition(
            session,
            edition.id,
            Transition.FREEZE,
            expected_revision=edition.revision,
            frozen_at=now,
            deadline_at=now + RETRY_WINDOW,
        )
        if revision is None:
            return _as_it_is(editions.by_id(session, edition.id))
        master_copies.save(session, edition.id, _copy(email), now=now)
        planned = _plan(session, edition, now=now)
        batches = deliveries.due_batches(session, edition.id, now=now, limit=MAX_TASKS)
        status = editions.status(session, edition.id)
    ports.enqueue(edition.id, batches)
    return DispatchResult(edition_id=edition.id, status=status, planned=planned)


def _remove_unmailable(
    ports: Ports, edition: Edition, newsletter: Newsletter, *, is_forced: bool
) -> Edition | DispatchResult:
    """Return the stored edition without what cannot be mailed; or what kept it back, if that did.

    Raises PreflightError when what is wrong is no story's.
    """
    _, unfit = render.remove_unmailable(ports, edition, newsletter)
    if not unfit:
        return edition
    with ports.store.begin() as session:
        rest = store_removal(session, edition, newsletter, unfit)
        if rest is None:
            return _as_it_is(editions.by_id(session, edition.id))
        before, after = len(edition.stories), len(rest.stories)
        state = decide_after_removal(newsletter, before=before, after=after)
        if state is None or (is_forced and after):
            return rest
        return _keep_back(session, rest, state)


def _plan(session: Session, edition: Edition, *, now: datetime) -> int:
    """Plan the deliveries and return how many; with no reader there is nothing left to do."""
    # Due since it was composed: a worker whose clock is seconds behind ours finds it due too.
    due_at = min(edition.composed_at, now)
    planned = deliveries.plan_deliveries(
        session, edition.id, edition.newsletter_id, on=edition.on, due_at=due_at, now=now
    )
    if not planned:
        status, reason = NOBODY_SUBSCRIBED
        transition(session, edition.id, Transition.FINISH, to=status, sent_at=now, reason=reason)
    return planned


def _copy(email: RenderedEmail) -> master_copies.MasterCopy:
    return master_copies.MasterCopy(
        subject=email.subject, preheader=email.preheader, html=email.html, text=email.text
    )
