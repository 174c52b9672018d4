"""The edition's states and who may move it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain.digest import Story


class EditionStatus(StrEnum):
    DRAFT = "draft"  # composed; an editor may change it; goes out at its minute if the rule says so
    APPROVED = "approved"  # an editor said yes; goes out at its minute
    HELD = "held"  # does not go out until somebody releases it; hold says why
    SKIPPED = "skipped"  # nothing goes out for that day; the reason says why
    SENDING = "sending"  # frozen: master copy kept, deliveries planned
    SENT = "sent"  # no delivery is left to do


class Hold(StrEnum):
    """Why an edition is held, since who may release it depends on that."""

    EDITOR = "editor"  # an editor held it
    THIN = "thin"  # fewer stories than the newsletter asks for
    UNAPPROVED = "unapproved"  # the newsletter requires approval and nobody gave it
    LATE = "late"  # its minute passed by more than the grace
    REFUSED = "refused"  # the build refused the email


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One dated sending. on is the date in the newsletter's zone; sends_at its minute, in UTC.

    The stories come from articles first seen in opens_at <= t < closes_at.
    """

    id: int
    newsletter_id: int
    on: date
    number: int
    status: EditionStatus
    hold: Hold | None = None
    reason: str = ""
    opens_at: datetime
    closes_at: datetime
    sends_at: datetime
    composed_at: datetime
    subject: str
    preheader: str
    stories: tuple[Story, ...]
    decided_by: str = ""
    frozen_at: datetime | None = None
    sent_at: datetime | None = None
