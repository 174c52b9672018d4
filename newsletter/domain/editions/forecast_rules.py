"""What decides whether an evening goes out: its edition's state, and what it depends on beside."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain import schedule
from newsletter.domain.delivery.run_result import is_failure
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import UNEXPLAINED, Edition, EditionStatus, HoldReason
from newsletter.domain.editions.forecast_words import clock_time, count, quote_reason
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from newsletter.domain.sender import impossible_sender

_DONE = (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)
_OVER = (EditionStatus.SKIPPED, EditionStatus.FAILED, EditionStatus.CANCELLED)


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
    """A verdict in parts: facts are told of what goes out, why of what does not."""

    goes_out: bool | None
    reason: ForecastReason
    why: str = ""
    facts: str = ""


def decide_verdict(
    newsletter: Newsletter, on: date, edition: Edition | None, found: Conditions, now: datetime
) -> ForecastVerdict:
    """Return whether the evening of that date goes out as things stand at now, and why."""
    if edition is None:
        return _before_composing(newsletter, on, found, now)
    if edition.status is EditionStatus.HELD:
        return _held(edition, found)
    if edition.status is EditionStatus.SENDING:
        return _sending(newsletter, edition, found, now)
    if edition.status is EditionStatus.SENT:
        return _sent(newsletter, edition, found)
    if edition.status in _OVER:
        return _over(edition, found)
    return _waiting(newsletter, edition, found, now)


def _before_composing(
    newsletter: Newsletter, on: date, found: Conditions, now: datetime
) -> ForecastVerdict:
    obstacle = (
        _missing_jobs(found, {"compose", "dispatch"})
        or _missing_readers(found)
        or _no_news(found)
        or _impossible_sender(newsletter, found)
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
    facts = f"{when}, {_readers(found)}: {verdict}"
    return ForecastVerdict(goes_out=None, reason=ForecastReason.NOT_COMPOSED, facts=facts)


def _waiting(
    newsletter: Newsletter, edition: Edition, found: Conditions, now: datetime
) -> ForecastVerdict:
    """The verdict on a draft, or on an approved edition, as its minute will find it."""
    is_approved = edition.status is EditionStatus.APPROVED
    if obstacle := _missing_jobs(found, {"dispatch"}) or _missing_readers(found):
        return obstacle
    if schedule.is_late(newsletter, edition.sends_at, now):
        return _no(ForecastReason.LATE, "its minute passed by more than the grace")
    if not found.stories or (found.stories < newsletter.min_stories and not is_approved):
        return _too_few(newsletter, found)
    if newsletter.approval_policy is ApprovalPolicy.REQUIRED and not is_approved:
        minute = clock_time(newsletter, edition.sends_at)
        return _no(ForecastReason.UNAPPROVED, f"needs approval before {minute}")
    if obstacle := _impossible_sender(newsletter, found):
        return obstacle
    approval = "approved" if is_approved else "no approval needed"
    stories = count(found.stories, "story", "stories")
    return ForecastVerdict(
        goes_out=True,
        reason=ForecastReason.READY,
        facts=f"{stories}, {approval}, {_readers(found)}: goes out",
    )


def _impossible_sender(newsletter: Newsletter, found: Conditions) -> ForecastVerdict | None:
    """The verdict where the build will refuse the sender (services/sender_check)."""
    if not (found.is_mailed_away and impossible_sender(newsletter)):
        return None
    domain = newsletter.sender_address.rpartition("@")[2]
    return _no(ForecastReason.REFUSED, f"its sender is at {domain}, a domain nobody can have")


def _too_few(newsletter: Newsletter, found: Conditions) -> ForecastVerdict:
    if no_news := _no_news(found):
        return no_news
    least = count(newsletter.min_stories, "story", "stories")
    few = f"{found.stories} of at least {least}" if found.stories else "no story yet"
    return _no(ForecastReason.TOO_FEW_STORIES, f"as it stands, {few}")


def _over(edition: Edition, found: Conditions) -> ForecastVerdict:
    """The verdict on an edition that was skipped, cancelled, or failed for everybody."""
    reason = ForecastReason(edition.status.value)
    said = quote_reason(edition.reason)
    if edition.status is EditionStatus.FAILED:
        return _no(reason, said)
    total, sent = sum(found.deliveries.values()), _number(found, DeliveryStatus.SENT)
    after = f" with {sent:,} of {total:,} sent" if total else ""
    return _no(reason, f"{edition.status}{after}: {said}")


def _held(edition: Edition, found: Conditions) -> ForecastVerdict:
    hold = edition.hold or HoldReason.EDITOR
    reason = ForecastReason(hold.value)
    said = quote_reason(edition.reason)
    if hold is HoldReason.EDITOR:
        note = f', "{said}"' if edition.reason not in {"", UNEXPLAINED} else ""
        return _no(reason, f"held by an editor{note}")
    if hold is HoldReason.STOPPED:
        total = sum(found.deliveries.values())
        left = total - _number(found, *_DONE)
        return _no(reason, f"stopped with {left:,} of {total:,} left: {said}")
    return _no(reason, f"held: {said}")


def _sending(
    newsletter: Newsletter, edition: Edition, found: Conditions, now: datetime
) -> ForecastVerdict:
    began_at = edition.frozen_at or edition.sends_at
    sent, total = _number(found, DeliveryStatus.SENT), sum(found.deliveries.values())
    seconds = (now - began_at).total_seconds()
    facts = [f"{sent:,} of {total:,} sent", *_troubles(found)]
    if sent and seconds >= 1:
        facts.append(f"{sent / seconds:,.1f} a second")
    since = f"being sent since {clock_time(newsletter, began_at)}: "
    return ForecastVerdict(
        goes_out=True, reason=ForecastReason.SENDING, facts=since + ", ".join(facts)
    )


def _sent(newsletter: Newsletter, edition: Edition, found: Conditions) -> ForecastVerdict:
    sent, failed = (_number(found, one) for one in (DeliveryStatus.SENT, DeliveryStatus.FAILED))
    total = sum(found.deliveries.values())
    if not total:
        return _no(ForecastReason.NO_READERS, "nobody is subscribed")
    if is_failure(sent, failed, most=newsletter.max_refused):
        why = f"sent to {sent:,} of {total:,} only: {quote_reason(edition.reason)}"
        return _no(ForecastReason.FAILED, why)
    at = clock_time(newsletter, edition.sent_at or edition.sends_at)
    facts = [f"sent at {at} to {sent:,} of {count(total, 'reader')}", *_troubles(found)]
    return ForecastVerdict(goes_out=True, reason=ForecastReason.SENT, facts=", ".join(facts))


def _number(found: Conditions, *statuses: DeliveryStatus) -> int:
    return sum(found.deliveries.get(one, 0) for one in statuses)


def _troubles(found: Conditions) -> list[str]:
    troubles = (DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)
    return [f"{n:,} {one}" for one in troubles if (n := _number(found, one))]


def _missing_jobs(found: Conditions, needed: Collection[str]) -> ForecastVerdict | None:
    if not set(needed) & set(found.overdue_jobs):
        return None
    why = "beat or the workers have not run in the last five minutes: newsletter serve --all"
    return _no(ForecastReason.JOBS, why)


def _missing_readers(found: Conditions) -> ForecastVerdict | None:
    if found.readers:
        return None
    return _no(ForecastReason.NO_READERS, "nobody is subscribed")


def _no_news(found: Conditions) -> ForecastVerdict | None:
    """What keeps all news away, where something does."""
    if not found.feeds:
        return _no(ForecastReason.NO_FEEDS, "no feed is read: newsletter feeds add URL")
    if found.polled and found.failing == found.polled:
        failed = "the only feed" if found.polled == 1 else f"all {found.polled} feeds"
        why = f"as it stands, {failed} failed the last time: newsletter status"
        return _no(ForecastReason.FEEDS_FAILING, why)
    return None


def _readers(found: Conditions) -> str:
    where = "" if found.has_relay else ", kept in the catcher as no relay is set"
    return f"to {count(found.readers, 'reader')}{where}"


def _no(reason: ForecastReason, why: str) -> ForecastVerdict:
    return ForecastVerdict(goes_out=False, reason=reason, why=why)
