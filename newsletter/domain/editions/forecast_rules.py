"""What decides whether an evening goes out: its edition's state, and what it depends on beside."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain import schedule
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import UNEXPLAINED, Edition, EditionStatus, HoldReason
from newsletter.domain.editions.forecast_words import clock_time, count, quote_reason
from newsletter.domain.editions.run_result import is_failure
from newsletter.domain.editions.states import (
    is_approved,
    is_held,
    is_sending,
    is_sent,
    is_stopped,
    waits_for_release,
)
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from newsletter.domain.sender import impossible_sender

_FINISHED = (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)


class ForecastReason(StrEnum):
    """Why an evening goes out or not: the first that holds, and the label of the metric."""

    READY = "ready"  # composed, and nothing stands in its way
    NOT_COMPOSED = "not_composed"  # nothing stands in its way yet; what news there is decides
    SENDING = "sending"  # on its way
    SENT = "sent"  # it has gone out
    EDITOR = "editor"  # the holds, as they are named in domain/edition
    TOO_FEW_STORIES = "thin"  # also: a draft with no story, or too few, that nobody approved
    UNAPPROVED = "unapproved"  # also: a draft that needs approval and has none yet
    LATE = "late"
    REFUSED = "refused"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    FAILED = "failed"  # all of it, or so much that it is no success
    NO_READERS = "no_readers"  # nobody is subscribed
    NO_FEEDS = "no_feeds"  # nothing is read from which an edition could be composed
    FEEDS_FAILING = "feeds_failing"  # none of the feeds could be read the last time
    JOBS = "jobs"  # the job that composes or sends it has not run lately


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What an evening depends on beside its edition.

    readers are confirmed; feeds are those that are known, polled those of them that are read, and
    failing those that could not be the last time. overdue_jobs have not run lately. stories and
    deliveries are the edition's. Without a relay of its own the mail is kept here; where
    is_mailed_away one carries it to strangers.
    """

    readers: int
    feeds: int
    polled: int
    failing: int
    overdue_jobs: Collection[str] = ()
    stories: int = 0
    deliveries: Mapping[DeliveryStatus, int] = field(
        default_factory=lambda: dict.fromkeys(DeliveryStatus, 0)
    )
    has_relay: bool = True
    is_mailed_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastVerdict:
    """A verdict in parts: facts for what goes out, why for what does not."""

    goes_out: bool | None
    reason: ForecastReason
    why: str = ""
    facts: str = ""


def decide_verdict(
    newsletter: Newsletter, on: date, edition: Edition | None, conditions: Conditions, now: datetime
) -> ForecastVerdict:
    """Return whether the evening of that date goes out as things stand at now, and why."""
    if edition is None:
        return _verdict_before_composing(newsletter, on, conditions, now)
    if is_held(edition.status):
        return _verdict_if_held(edition, conditions)
    if is_sending(edition.status):
        return _verdict_while_sending(newsletter, edition, conditions, now)
    if is_sent(edition.status):
        return _verdict_once_sent(newsletter, edition, conditions)
    if waits_for_release(edition.status):
        return _verdict_while_waiting(newsletter, edition, conditions, now)
    return _verdict_if_ended(edition, conditions)


def _verdict_before_composing(
    newsletter: Newsletter, on: date, conditions: Conditions, now: datetime
) -> ForecastVerdict:
    obstacle = (
        _find_missing_jobs(conditions, {"compose", "dispatch"})
        or _find_missing_readers(conditions)
        or _find_missing_news(conditions)
        or _find_impossible_sender(newsletter, conditions)
    )
    if obstacle:
        return obstacle
    composes_at = schedule.composes_at(newsletter, on)
    is_due = composes_at <= now
    when = "not composed yet" if is_due else f"composed at {clock_time(newsletter, composes_at)}"
    if_approved = (
        ", once it is approved" if newsletter.approval_policy is ApprovalPolicy.REQUIRED else ""
    )
    stories = count(max(1, newsletter.min_stories), "story", "stories")
    verdict = f"goes out with at least {stories}{if_approved}"
    facts = f"{when}, {_describe_readers(conditions)}: {verdict}"
    return ForecastVerdict(goes_out=None, reason=ForecastReason.NOT_COMPOSED, facts=facts)


def _verdict_while_waiting(
    newsletter: Newsletter, edition: Edition, conditions: Conditions, now: datetime
) -> ForecastVerdict:
    """Return the verdict on a draft, or on an approved edition, as its minute will find it."""
    has_approval = is_approved(edition.status)
    obstacle = _find_missing_jobs(conditions, {"dispatch"}) or _find_missing_readers(conditions)
    if obstacle:
        return obstacle
    if schedule.is_late(newsletter, edition.sends_at, now):
        return _refuse(ForecastReason.LATE, "its minute passed by more than the grace")
    if not conditions.stories or (conditions.stories < newsletter.min_stories and not has_approval):
        return _find_shortage(newsletter, conditions)
    if newsletter.approval_policy is ApprovalPolicy.REQUIRED and not has_approval:
        minute = clock_time(newsletter, edition.sends_at)
        return _refuse(ForecastReason.UNAPPROVED, f"needs approval before {minute}")
    if obstacle := _find_impossible_sender(newsletter, conditions):
        return obstacle
    approval = "approved" if has_approval else "no approval needed"
    stories = count(conditions.stories, "story", "stories")
    return ForecastVerdict(
        goes_out=True,
        reason=ForecastReason.READY,
        facts=f"{stories}, {approval}, {_describe_readers(conditions)}: goes out",
    )


def _find_impossible_sender(
    newsletter: Newsletter, conditions: Conditions
) -> ForecastVerdict | None:
    """Return the verdict where the build will refuse the sender (services/sender_check)."""
    if not (conditions.is_mailed_away and impossible_sender(newsletter)):
        return None
    domain = newsletter.sender_address.rpartition("@")[2]
    return _refuse(ForecastReason.REFUSED, f"its sender is at {domain}, a domain nobody can have")


def _find_shortage(newsletter: Newsletter, conditions: Conditions) -> ForecastVerdict:
    if no_news := _find_missing_news(conditions):
        return no_news
    least = count(newsletter.min_stories, "story", "stories")
    shortage = f"{conditions.stories} of at least {least}" if conditions.stories else "no story yet"
    return _refuse(ForecastReason.TOO_FEW_STORIES, f"as it stands, {shortage}")


def _verdict_if_ended(edition: Edition, conditions: Conditions) -> ForecastVerdict:
    """Return the verdict on an edition that was skipped, cancelled, or failed for everybody."""
    reason = ForecastReason(edition.status.value)
    why = quote_reason(edition.reason)
    if edition.status is EditionStatus.FAILED:
        return _refuse(reason, why)
    total, sent = sum(conditions.deliveries.values()), _count(conditions, DeliveryStatus.SENT)
    after = f" with {sent:,} of {total:,} sent" if total else ""
    return _refuse(reason, f"{edition.status}{after}: {why}")


def _verdict_if_held(edition: Edition, conditions: Conditions) -> ForecastVerdict:
    hold = edition.hold or HoldReason.EDITOR
    reason = ForecastReason(hold.value)
    why = quote_reason(edition.reason)
    if hold is HoldReason.EDITOR:
        note = f', "{why}"' if edition.reason not in {"", UNEXPLAINED} else ""
        return _refuse(reason, f"held by an editor{note}")
    if is_stopped(edition):
        total = sum(conditions.deliveries.values())
        left = total - _count(conditions, *_FINISHED)
        return _refuse(reason, f"stopped with {left:,} of {total:,} left: {why}")
    return _refuse(reason, f"held: {why}")


def _verdict_while_sending(
    newsletter: Newsletter, edition: Edition, conditions: Conditions, now: datetime
) -> ForecastVerdict:
    began_at = edition.frozen_at or edition.sends_at
    sent, total = _count(conditions, DeliveryStatus.SENT), sum(conditions.deliveries.values())
    seconds = (now - began_at).total_seconds()
    facts = [f"{sent:,} of {total:,} sent", *_list_troubles(conditions)]
    if sent and seconds >= 1:
        facts.append(f"{sent / seconds:,.1f} a second")
    since = f"being sent since {clock_time(newsletter, began_at)}: "
    return ForecastVerdict(
        goes_out=True, reason=ForecastReason.SENDING, facts=since + ", ".join(facts)
    )


def _verdict_once_sent(
    newsletter: Newsletter, edition: Edition, conditions: Conditions
) -> ForecastVerdict:
    sent, failed = (
        _count(conditions, status) for status in (DeliveryStatus.SENT, DeliveryStatus.FAILED)
    )
    total = sum(conditions.deliveries.values())
    if not total:
        return _refuse(ForecastReason.NO_READERS, "nobody is subscribed")
    if is_failure(sent, failed, most=newsletter.max_refused):
        why = f"sent to {sent:,} of {total:,} only: {quote_reason(edition.reason)}"
        return _refuse(ForecastReason.FAILED, why)
    at = clock_time(newsletter, edition.sent_at or edition.sends_at)
    facts = [f"sent at {at} to {sent:,} of {count(total, 'reader')}", *_list_troubles(conditions)]
    return ForecastVerdict(goes_out=True, reason=ForecastReason.SENT, facts=", ".join(facts))


def _count(conditions: Conditions, *statuses: DeliveryStatus) -> int:
    return sum(conditions.deliveries.get(status, 0) for status in statuses)


def _list_troubles(conditions: Conditions) -> list[str]:
    troubles = (DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)
    return [f"{n:,} {status}" for status in troubles if (n := _count(conditions, status))]


def _find_missing_jobs(conditions: Conditions, needed: Collection[str]) -> ForecastVerdict | None:
    if not set(needed) & set(conditions.overdue_jobs):
        return None
    why = "beat or the workers have not run in the last five minutes: newsletter serve --all"
    return _refuse(ForecastReason.JOBS, why)


def _find_missing_readers(conditions: Conditions) -> ForecastVerdict | None:
    if conditions.readers:
        return None
    return _refuse(ForecastReason.NO_READERS, "nobody is subscribed")


def _find_missing_news(conditions: Conditions) -> ForecastVerdict | None:
    """Return what keeps all news away, where something does."""
    if not conditions.feeds:
        return _refuse(ForecastReason.NO_FEEDS, "no feed is read: newsletter feeds add URL")
    if conditions.polled and conditions.failing == conditions.polled:
        failed = "the only feed" if conditions.polled == 1 else f"all {conditions.polled} feeds"
        why = f"as it stands, {failed} failed the last time: newsletter status"
        return _refuse(ForecastReason.FEEDS_FAILING, why)
    return None


def _describe_readers(conditions: Conditions) -> str:
    where = "" if conditions.has_relay else ", kept in the catcher as no relay is set"
    return f"to {count(conditions.readers, 'reader')}{where}"


def _refuse(reason: ForecastReason, why: str) -> ForecastVerdict:
    return ForecastVerdict(goes_out=False, reason=reason, why=why)
