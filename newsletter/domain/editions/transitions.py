"""The edition's one state machine: which transition leads where from where, and what it sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict

from newsletter.domain import schedule
from newsletter.domain.editions.edition import Edition, EditionState, EditionStatus, HoldReason
from newsletter.domain.editions.states import (
    UNEXPLAINED_HOLD,
    is_approved,
    is_cancelled,
    is_draft,
    is_held,
    is_skipped,
    needs_force,
)
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter


class Transition(StrEnum):
    """Whatever changes an edition. Each raises its revision by one."""

    COMPOSE = "compose"  # made anew of the day's news; what an editor holds stays held
    ILLUSTRATE = "illustrate"  # its lead gets a photo
    REMOVE_STORIES = "remove stories"  # what cannot be mailed is taken out of it
    RESCHEDULE = "reschedule"  # its minute follows the newsletter's schedule
    RESTORE = "restore"  # its minute is to come after all: what a rule kept back waits again
    APPROVE = "approve"  # an editor says yes, to a held one too
    HOLD = "hold"  # an editor keeps it back
    HOLD_BACK = "hold back"  # a rule keeps it back, and says which
    SKIP = "skip"  # a rule: nothing goes out for that day
    FREEZE = "freeze"  # it is sent off: its mail is final, and its deliveries are planned
    STOP = "stop"  # in mid-run: what has not left waits
    RESUME = "resume"  # the rest of a stopped run goes on
    FINISH = "finish"  # no delivery is left to do
    RECOUNT = "recount"  # of a finished one somebody settled what was uncertain
    CANCEL = "cancel"  # what has not left never will
    REOPEN = "reopen"  # some that failed, or are in doubt, are to be sent after all


class EditionChanges(TypedDict, total=False):
    """What a transition may set beside the status: columns of the edition."""

    hold: HoldReason | None
    reason: str
    decided_by: str
    subject: str
    preheader: str
    sends_at: datetime
    released_at: datetime | None
    frozen_at: datetime
    deadline_at: datetime
    sent_at: datetime | None


BEFORE_RUN = frozenset(HoldReason) - {HoldReason.STOPPED}
IN_RUN = frozenset({HoldReason.STOPPED})
# Of a rule, and nothing that editors may get is lost when theirs takes its place.
_EDITOR_MAY_TAKE_OVER = frozenset(
    {HoldReason.TOO_FEW_STORIES, HoldReason.UNAPPROVED, HoldReason.REFUSED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRule:
    """One row of the table.

    origins are the states it may leave, and holds of held editions those that it may leave.
    targets are the states it may lead to, none where the state stays. sets is set always, and takes
    are the columns that the caller may set beside.
    """

    origins: frozenset[EditionStatus]
    targets: frozenset[EditionStatus] = frozenset()
    holds: frozenset[HoldReason] = BEFORE_RUN
    sets: EditionChanges = field(default_factory=EditionChanges)
    takes: frozenset[str] = frozenset()


def _statuses(*statuses: EditionStatus) -> frozenset[EditionStatus]:
    return frozenset(statuses)


_DRAFT, _APPROVED, _HELD = EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.HELD
_SKIPPED, _SENDING, _SENT = EditionStatus.SKIPPED, EditionStatus.SENDING, EditionStatus.SENT
_FAILED, _CANCELLED = EditionStatus.FAILED, EditionStatus.CANCELLED

TRANSITIONS: Mapping[Transition, TransitionRule] = {
    Transition.COMPOSE: TransitionRule(
        origins=_statuses(_DRAFT, _HELD, _SKIPPED),
        targets=_statuses(_DRAFT, _HELD),
        sets={"decided_by": "", "released_at": None},
        takes=frozenset({"hold", "reason", "sends_at", "subject", "preheader"}),
    ),
    Transition.ILLUSTRATE: TransitionRule(origins=_statuses(_DRAFT, _HELD)),
    Transition.REMOVE_STORIES: TransitionRule(
        origins=_statuses(_DRAFT, _APPROVED, _HELD), takes=frozenset({"subject", "preheader"})
    ),
    Transition.RESCHEDULE: TransitionRule(
        origins=_statuses(_DRAFT, _APPROVED, _HELD, _SKIPPED), takes=frozenset({"sends_at"})
    ),
    Transition.RESTORE: TransitionRule(
        origins=_statuses(_SKIPPED, _HELD),
        targets=_statuses(_DRAFT, _APPROVED),
        holds=frozenset({HoldReason.UNAPPROVED, HoldReason.LATE}),
        sets={"hold": None, "reason": ""},
        takes=frozenset({"sends_at"}),
    ),
    Transition.APPROVE: TransitionRule(
        origins=_statuses(_DRAFT, _HELD),
        targets=_statuses(_APPROVED),
        sets={"hold": None, "reason": ""},
        takes=frozenset({"decided_by", "sends_at", "released_at"}),
    ),
    Transition.HOLD: TransitionRule(
        origins=_statuses(_DRAFT, _APPROVED, _HELD),
        targets=_statuses(_HELD),
        holds=_EDITOR_MAY_TAKE_OVER,
        sets={"hold": HoldReason.EDITOR, "released_at": None},  # a late release is taken back
        takes=frozenset({"decided_by", "reason"}),
    ),
    Transition.HOLD_BACK: TransitionRule(
        origins=_statuses(_DRAFT, _APPROVED, _HELD),
        targets=_statuses(_HELD),
        takes=frozenset({"hold", "reason"}),
    ),
    Transition.SKIP: TransitionRule(
        origins=_statuses(_DRAFT, _APPROVED, _HELD),
        targets=_statuses(_SKIPPED),
        takes=frozenset({"hold", "reason"}),
    ),
    Transition.FREEZE: TransitionRule(
        origins=_statuses(_DRAFT, _APPROVED, _HELD),
        targets=_statuses(_SENDING),
        sets={"hold": None, "reason": ""},
        takes=frozenset({"frozen_at", "deadline_at"}),
    ),
    Transition.STOP: TransitionRule(
        origins=_statuses(_SENDING),
        targets=_statuses(_HELD),
        sets={"hold": HoldReason.STOPPED},
        takes=frozenset({"decided_by", "reason"}),
    ),
    Transition.RESUME: TransitionRule(
        origins=_statuses(_HELD),
        targets=_statuses(_SENDING),
        holds=IN_RUN,
        sets={"hold": None, "reason": ""},
        takes=frozenset({"decided_by", "deadline_at"}),
    ),
    Transition.FINISH: TransitionRule(
        origins=_statuses(_SENDING),
        targets=_statuses(_SENT, _FAILED),
        takes=frozenset({"reason", "sent_at"}),
    ),
    Transition.RECOUNT: TransitionRule(
        origins=_statuses(_SENT, _FAILED),
        targets=_statuses(_SENT, _FAILED),
        takes=frozenset({"reason"}),
    ),
    Transition.CANCEL: TransitionRule(
        origins=_statuses(_SENDING, _HELD),
        targets=_statuses(_CANCELLED),
        holds=IN_RUN,
        sets={"hold": None},
        takes=frozenset({"decided_by", "reason"}),
    ),
    Transition.REOPEN: TransitionRule(
        origins=_statuses(_SENT, _FAILED, _CANCELLED, _SENDING),
        targets=_statuses(_SENDING),
        sets={"reason": "", "sent_at": None},
        takes=frozenset({"deadline_at"}),
    ),
}


def may(edition: Edition, transition: Transition) -> bool:
    """Return whether the table lets the edition, as it is, make the transition."""
    rule = TRANSITIONS[transition]
    if edition.status not in rule.origins:
        return False
    return not is_held(edition.status) or (edition.hold or UNEXPLAINED_HOLD) in rule.holds


def values_of(
    transition: Transition, to: EditionStatus | None, changes: EditionChanges
) -> dict[str, object]:
    """Return the columns that the transition sets: its status, what is always set, what is given.

    to may be left out where the table names one target. Raises ValueError for a target or column
    that is not in the table.
    """
    rule = TRANSITIONS[transition]
    if to is None and len(rule.targets) == 1:
        (to,) = rule.targets
    if (to is not None or rule.targets) and to not in rule.targets:
        raise ValueError(f"{transition} does not lead to {to}.")
    if unknown := changes.keys() - rule.takes:
        raise ValueError(f"{transition} does not set {', '.join(sorted(unknown))}.")
    return ({} if to is None else {"status": to}) | dict(rule.sets) | dict(changes)


def describe_refusal(on: date, status: EditionStatus, reason: str, *, is_stale: bool) -> str:
    """Return why the edition of a date did not make a transition, with its state as it is now.

    is_stale says that it has changed since whoever asked for the transition looked at it.
    """
    if not is_stale:
        return f"The edition of {on} is {status} already."
    state = f"{status}: {reason}" if reason else f"{status}."
    return f"The edition of {on} has changed since you looked. It is now {state} Look at it again."


def leads_to(state: EditionState) -> Transition:
    """Return the transition by which a rule keeps an edition back in that state."""
    return Transition.SKIP if is_skipped(state.status) else Transition.HOLD_BACK


def refused_state(why: str) -> EditionState:
    """Return the state of an edition whose email the build refuses."""
    return EditionState(status=_HELD, hold=HoldReason.REFUSED, reason=why)


def decide_release(
    edition: Edition, newsletter: Newsletter, *, now: datetime
) -> EditionState | None:
    """Return what keeps a draft or approved edition back whose minute has come; None: it goes out.

    1. Where the newsletter requires approval and nobody gave it, it is held.
    2. Where its minute passed by more than the grace, it is held as late.
    """
    if newsletter.approval_policy is ApprovalPolicy.REQUIRED and not is_approved(edition.status):
        return EditionState(
            status=_HELD,
            hold=HoldReason.UNAPPROVED,
            reason=f"Nobody had approved it by its minute, {_at(edition.sends_at, newsletter)}.",
        )
    if schedule.is_late(newsletter, edition.sends_at, now):
        return EditionState(
            status=_HELD,
            hold=HoldReason.LATE,
            reason=f"It was to go out at {_at(edition.sends_at, newsletter)}; "
            f"at {_at(now, newsletter)} that was too long ago.",
        )
    return None


def refuse_to_send(edition: Edition, *, shortage: str, is_forced: bool) -> str:
    """Return why an operator's word does not send an edition that has not begun; "" when it does.

    shortage is why it has too few stories, "" when they are enough. is_forced overrides that, and
    whoever holds it; nothing overrides that it has no story, is skipped or cancelled.
    """
    if is_skipped(edition.status):
        return f"The edition of {edition.on} is skipped. {edition.reason}"
    if is_cancelled(edition.status):
        return (
            f"The edition of {edition.on} is cancelled. Send it to those who did not get it: "
            "newsletter send resend"
        )
    if is_draft(edition.status) and shortage and not (is_forced and edition.stories):
        override = " Send it all the same: --force" if edition.stories else ""
        return f"The edition of {edition.on} has too little to say. {shortage}{override}"
    if needs_force(edition) and not is_forced:
        return (
            f"The edition of {edition.on} is held: {edition.reason} Send it all the same: --force"
        )
    return ""


def send_time_after_approval(edition: Edition, *, now: datetime) -> datetime:
    """Return when an edition approved at now goes out: at its minute, or at once if that is past.

    Its minute moves along, so that what a person lets go late is not held for being late.
    """
    return max(edition.sends_at, now)


def _at(moment: datetime, newsletter: Newsletter) -> str:
    there = moment.astimezone(schedule.zone(newsletter.zone))
    return f"{there:%H:%M} on {there:%Y-%m-%d} ({newsletter.zone})"
