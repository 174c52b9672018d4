"""The edition, and the states that it may be in."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain.digest.digest import Story


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

    revision is 1 when it is composed first, and each change raises it by one: whoever decides about
    an edition names the revision that was seen. uid is in no other database, and stands in each
    Message-ID; "" for one that was sent off before editions had any.

    The stories come from articles first seen in opens_at <= t < closes_at. released_at is when a
    person let it go after its minute, which moved along. What has not left by deadline_at, which is
    set when it is frozen, is no evening mail any more and fails.
    """

    id: int
    uid: str = ""
    newsletter_id: int
    on: date
    number: int
    revision: int = 1
    status: EditionStatus = EditionStatus.DRAFT
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionState:
    """A state that a rule leaves an edition in, and why in a sentence."""

    status: EditionStatus = EditionStatus.DRAFT
    hold: HoldReason | None = None
    reason: str = ""
