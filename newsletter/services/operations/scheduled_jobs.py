"""What is due this minute: SQL is asked, and what is found is done, one thing at a time."""

import logging
from datetime import date, timedelta

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.states import is_approved
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError, NewsletterError
from newsletter.services.collection.collect import collect
from newsletter.services.editions.follow_schedule import follow_schedule
from newsletter.services.editions.recompose import recompose
from newsletter.services.operations.retention import apply_retention
from newsletter.services.ports import Ports
from newsletter.services.sending.dispatch import DispatchResult, dispatch
from newsletter.services.sending.recovery import delete_stale_journals, recover
from newsletter.store.editions import editions, newsletters
from newsletter.store.operations import job_runs

_log = logging.getLogger(__name__)


def collect_due(ports: Ports) -> str:
    """Read the feeds that are due; what came of it, in words."""
    reports = collect(ports.store, ports.fetch_policy, now=ports.now())
    failed = sum(not report.is_ok for report in reports)
    new = sum(report.new for report in reports)
    message = f"{len(reports)} feeds, {new} new articles, {failed} failed"
    return _record_run(ports, "collect", message, is_idle=not reports)


def compose_due(ports: Ports) -> str:
    """Compose the editions whose time has come, missed ones too; anew those that news came for."""
    with ports.store.begin() as session:
        known = newsletters.list_all(session)
    composed = [newsletter.slug for newsletter in known if _compose_newsletter(ports, newsletter)]
    message = f"composed {', '.join(composed) or 'nothing'}"
    return _record_run(ports, "compose", message, is_idle=not composed)


def dispatch_due(ports: Ports) -> str:
    """Send off, hold or skip the editions whose minute has come.

    What composing would still change is composed first, the others do not wait for it.
    """
    with ports.store.begin() as session:
        known = newsletters.list_all(session)
    for newsletter in known:
        with ports.store.begin() as session:
            follow_schedule(session, newsletter, now=ports.now())
    with ports.store.begin() as session:
        due = [
            editions.by_id(session, edition_id)
            for edition_id in editions.due_for_dispatch(session, now=ports.now())
        ]
    ready = [edition for edition in due if is_approved(edition.status)]
    drafts = [edition for edition in due if not is_approved(edition.status)]
    done = [dispatch(ports, edition.id) for edition in ready]
    done += [_dispatch_draft(ports, edition) for edition in drafts]
    message = ", ".join(f"{one.edition_id} {one.status}" for one in done)
    return _record_run(ports, "dispatch", message or "nothing due", is_idle=not done)


def recover_due(ports: Ports) -> str:
    """Find what died or was lost, and put it right."""
    found = recover(ports)
    message = f"{found.uncertain} uncertain, {found.batches} batches queued, {found.finished} done"
    is_idle = not (found.uncertain or found.batches or found.finished)
    return _record_run(ports, "recover", message, is_idle=is_idle)


def retain_due(ports: Ports, *, keep_months: int) -> str:
    """Let go of what is old enough in the store, and of journals that are over."""
    gone = [*apply_retention(ports, keep_months=keep_months)]
    if journals := delete_stale_journals(ports):
        gone.append(f"{journals} journals")
    message = f"let go of {', '.join(gone) or 'nothing'}"
    return _record_run(ports, "retain", message, is_idle=not gone)


def _dispatch_draft(ports: Ports, edition: Edition) -> DispatchResult:
    """Dispatch a draft as it would be composed now."""
    with ports.store.begin() as session:
        newsletter = newsletters.by_id(session, edition.newsletter_id)
    _recompose_or_log(ports, newsletter, edition.on)
    return dispatch(ports, edition.id)


def _compose_newsletter(ports: Ports, newsletter: Newsletter) -> bool:
    """Return whether an edition of the newsletter had to be composed, and has been.

    Around midnight it may be yesterday's, within its grace, or tomorrow's, within its lead.
    """
    with ports.store.begin() as session:
        follow_schedule(session, newsletter, now=ports.now())
    today = schedule.local_date(newsletter, ports.now())
    dates = [today + timedelta(days=days) for days in (-1, 0, 1)]
    composed = [on for on in dates if _recompose_or_log(ports, newsletter, on)]
    return bool(composed)


def _recompose_or_log(ports: Ports, newsletter: Newsletter, on: date) -> bool:
    """Return whether the edition of the date had to be composed, and has been; log a failure."""
    try:
        return recompose(ports, newsletter, on)
    except InvalidStateError:
        return False  # somebody approved or changed it a moment ago
    except NewsletterError as error:
        _log.warning("The edition of %s of %s is not composed: %s", on, newsletter.slug, error)
        return False


def _record_run(ports: Ports, job: str, message: str, *, is_idle: bool) -> str:
    _log.log(logging.DEBUG if is_idle else logging.INFO, "%s: %s", job, message)
    with ports.store.begin() as session:
        job_runs.record(session, job, message=message, now=ports.now())
    return message
