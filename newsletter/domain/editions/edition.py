"""The edition's states and who may move it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain import schedule
from newsletter.domain.digest.digest import Story
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter


class EditionStatus(StrEnum):
    DRAFT = "draft"  # composed by itself, and anew as news comes; the rule decides at its minute
    APPROVED = "approved"  # an editor said yes to what it holds; goes out at its minute
    HELD = "held"  # does not go out until somebody releases it; hold says why
    SKIPPED = "skipped"  # its minute passed and nothing goes out for that day; the reason says why
    SENDING = "sending"  # frozen: master copy kept, deliveries planned
    SENT = (
        "sent"  # no delivery is left to do; of some it may not be known, and some may have failed
    )
    FAILED = "failed"  # no delivery is left to do, and every one of them failed: nobody has it
    CANCELLED = "cancelled"  # ended in mid-run: what had not left is failed, and says so


class HoldReason(StrEnum):
    """Why an edition is held, since who may release it depends on that."""

    EDITOR = "editor"  # an editor held it
    TOO_FEW_STORIES = "thin"  # fewer stories than the newsletter asks for
    UNAPPROVED = "unapproved"  # the newsletter requires approval and nobody gave it
    LATE = "late"  # its minute passed by more than the grace
    REFUSED = "refused"  # the build refused the email
    STOPPED = "stopped"  # in mid-run, by somebody or because we are refused; the rest waits


UNEXPLAINED = "An editor holds it."  # The reason of a hold without a note.


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One dated sending. on is the date in the newsletter's zone; sends_at its minute, in UTC.

    uid is in no other database, and stands in each Message-ID; "" for one that was sent off before
    editions had any. The stories come from articles first seen in opens_at <= t < closes_at.
    released_at is when a person let it go after its minute, which moved along. What has not left by
    deadline_at, which is set when it is frozen, is no evening mail any more and fails.
    """

    id: int
    uid: str = ""
    newsletter_id: int
    on: date
    number: int
    status: EditionStatus
    hold: HoldReason | None = None
    reason: str = ""
    opens_at: datetime
    closes_at: datetime
    sends_at: datetime
    composed_at: datetime
    subject: str
    preheader: str
    stories: tuple[Story, ...]
    decided_by: str = ""
    released_at: datetime | None = None
    frozen_at: datetime | None = None
    deadline_at: datetime | None = None
    sent_at: datetime | None = None


class Transition(StrEnum):
    APPROVE = "approve"  # an editor says yes, to a held one too
    HOLD = "hold"  # an editor, or a rule, keeps it back; in mid-run the rest of it
    SKIP = "skip"  # nothing goes out for that day
    SEND = "send"  # its deliveries begin, or go on
    FINISH = "finish"  # no delivery is left to do
    FAIL = "fail"  # no delivery is left to do, and every one failed
    CANCEL = "cancel"  # what has not left never will
    REOPEN = "reopen"  # some that failed, or are in doubt, are to be sent after all


# Who may move where: a state that is not named stays.
TRANSITIONS: Mapping[Transition, tuple[frozenset[EditionStatus], EditionStatus]] = {
    Transition.APPROVE: (
        frozenset({EditionStatus.DRAFT, EditionStatus.HELD}),
        EditionStatus.APPROVED,
    ),
    Transition.HOLD: (
        frozenset({EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.SENDING}),
        EditionStatus.HELD,
    ),
    Transition.SKIP: (
        frozenset({EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.HELD}),
        EditionStatus.SKIPPED,
    ),
    Transition.SEND: (
        frozenset({EditionStatus.DRAFT, EditionStatus.APPROVED}),
        EditionStatus.SENDING,
    ),
    Transition.FINISH: (frozenset({EditionStatus.SENDING}), EditionStatus.SENT),
    Transition.FAIL: (frozenset({EditionStatus.SENDING}), EditionStatus.FAILED),
    Transition.CANCEL: (
        frozenset({EditionStatus.SENDING, EditionStatus.HELD}),
        EditionStatus.CANCELLED,
    ),
    Transition.REOPEN: (
        frozenset({EditionStatus.SENT, EditionStatus.FAILED, EditionStatus.CANCELLED}),
        EditionStatus.SENDING,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDecision:
    """What becomes of an edition: it goes out (hold is None), or is held, and why in a sentence."""

    hold: HoldReason | None = None
    reason: str = ""


def decide_release(edition: Edition, newsletter: Newsletter, *, now: datetime) -> ReleaseDecision:
    """What becomes of a draft or approved edition whose minute has come at now."""
    is_approved = edition.status is EditionStatus.APPROVED
    if newsletter.approval_policy is ApprovalPolicy.REQUIRED and not is_approved:
        return ReleaseDecision(
            hold=HoldReason.UNAPPROVED,
            reason=f"Nobody had approved it by its minute, {_at(edition.sends_at, newsletter)}.",
        )
    if schedule.is_late(newsletter, edition.sends_at, now):
        return ReleaseDecision(
            hold=HoldReason.LATE,
            reason=f"It was to go out at {_at(edition.sends_at, newsletter)}; "
            f"at {_at(now, newsletter)} that was too long ago.",
        )
    return ReleaseDecision()


def send_time_after_approval(edition: Edition, *, now: datetime) -> datetime:
    """When an edition approved or released at now goes out: at its minute, or at once if past.

    Its minute moves along, so that what a person lets go late is not held for being late.
    """
    return max(edition.sends_at, now)


def _at(moment: datetime, newsletter: Newsletter) -> str:
    there = moment.astimezone(schedule.zone(newsletter.zone))
    return f"{there:%H:%M} on {there:%Y-%m-%d} ({newsletter.zone})"
