"""What an edition's state means: the questions that others ask, each answered here alone."""

from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason

# States by what is asked of them, for where one statement asks the database.
# The clock dispatches these at their minute.
WAITING = frozenset({EditionStatus.DRAFT, EditionStatus.APPROVED})
RUNNING = frozenset({EditionStatus.SENDING})
ON_HOLD = frozenset({EditionStatus.HELD})
CALLED_OFF = frozenset({EditionStatus.CANCELLED})
# Nobody has these, so that their articles are news still.
NEVER_MAILED = frozenset({EditionStatus.SKIPPED, EditionStatus.FAILED})
UNEXPLAINED_HOLD = HoldReason.EDITOR  # a hold of which nobody wrote down whose it is
OF_AN_EDITOR = frozenset({HoldReason.EDITOR})  # held so, it stays held when it is composed anew
TOO_LATE = frozenset({HoldReason.LATE})  # held so, nobody gets it unless a person sends it


def waits_for_release(status: EditionStatus) -> bool:
    """Return whether the clock decides at its minute what becomes of an edition in this state."""
    return status in WAITING


def is_approved(status: EditionStatus) -> bool:
    """Return whether an editor said yes to it, and it goes out at its minute."""
    return status is EditionStatus.APPROVED


def is_draft(status: EditionStatus) -> bool:
    """Return whether nobody and no rule has decided about it yet."""
    return status is EditionStatus.DRAFT


def is_held(status: EditionStatus) -> bool:
    """Return whether it does not go out, or go on, until somebody lets it."""
    return status in ON_HOLD


def is_skipped(status: EditionStatus) -> bool:
    """Return whether nothing goes out for its day."""
    return status is EditionStatus.SKIPPED


def is_open(status: EditionStatus) -> bool:
    """Return whether it may still go out, or go on, in its evening: what comes next is this one."""
    return status in WAITING | ON_HOLD


def is_sending(status: EditionStatus | None) -> bool:
    """Return whether its deliveries are under way. None is no edition's state."""
    return status in RUNNING


def is_sent(status: EditionStatus) -> bool:
    """Return whether no delivery is left to do, and somebody has it."""
    return status is EditionStatus.SENT


def is_cancelled(status: EditionStatus) -> bool:
    """Return whether somebody ended its run before its end."""
    return status in CALLED_OFF


def has_begun(status: EditionStatus) -> bool:
    """Return whether it is being sent, or has been to its end."""
    return status in {EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.FAILED}


def is_frozen(edition: Edition) -> bool:
    """Return whether its mail is final, and its stories with it."""
    return edition.frozen_at is not None


def is_stopped(edition: Edition) -> bool:
    """Return whether its run was stopped, and may go on."""
    return edition.hold is HoldReason.STOPPED


def needs_force(edition: Edition) -> bool:
    """Return whether an operator's word alone does not send it: who holds it may know why.

    One that is held for its minute, or for want of an approval, is approved by that word.
    """
    is_for_its_minute = edition.hold in {HoldReason.LATE, HoldReason.UNAPPROVED}
    return is_held(edition.status) and not is_for_its_minute
