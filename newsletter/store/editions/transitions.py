"""Changes of an edition's state: each is one compare-and-set, as domain/editions allows it."""

from typing import Unpack

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.editions.states import ON_HOLD, RUNNING, UNEXPLAINED_HOLD
from newsletter.domain.editions.transitions import (
    TRANSITIONS,
    EditionChanges,
    Transition,
    describe_refusal,
    values_of,
)
from newsletter.errors import InvalidStateError, StaleRevisionError
from newsletter.store.models import EditionRow


def try_transition(
    session: Session,
    edition_id: int,
    transition: Transition,
    *,
    expected_revision: int | None = None,
    to: EditionStatus | None = None,
    **changes: Unpack[EditionChanges],
) -> int | None:
    """Let the edition make the transition and return its new revision; None when it may not.

    It may not where its state forbids it, or its revision is another than expected; None expects
    none. to is needed only where the transition has several targets. The row is locked until the
    transaction ends.
    """
    is_it = (EditionRow.id == edition_id) & may_make(transition)
    if expected_revision is not None:
        is_it &= EditionRow.revision == expected_revision
    values = values_of(transition, to, changes) | {"revision": EditionRow.revision + 1}
    moved = update(EditionRow).where(is_it).values(**values).returning(EditionRow.revision)
    return session.scalars(moved).one_or_none()


def transition(
    session: Session,
    edition_id: int,
    transition: Transition,
    *,
    expected_revision: int | None = None,
    to: EditionStatus | None = None,
    **changes: Unpack[EditionChanges],
) -> int:
    """Do as try_transition does, for somebody who has to know why it does not.

    Raises StaleRevisionError when the edition has changed since the revision that is expected,
    InvalidStateError when its state forbids the transition.
    """
    revision = try_transition(
        session,
        edition_id,
        transition,
        expected_revision=expected_revision,
        to=to,
        **changes,
    )
    if revision is None:
        raise _refusal(session, edition_id, expected_revision)
    return revision


def note_run(session: Session, edition_id: int, why: str) -> None:
    """Write down why a run does not go on, "" when it does, for newsletter status.

    It is no change of the edition: its revision stays, or nobody who looks at a run could stop it.
    """
    is_running = (EditionRow.id == edition_id) & EditionRow.status.in_(RUNNING)
    session.execute(
        update(EditionRow).where(is_running, EditionRow.reason != why).values(reason=why)
    )


def may_make(transition: Transition) -> ColumnElement[bool]:
    """Return what is true of an edition's row that may make the transition; see transitions.may."""
    rule = TRANSITIONS[transition]
    is_from_there = EditionRow.status.in_(rule.origins - ON_HOLD)
    if not rule.origins & ON_HOLD:
        return is_from_there
    hold = func.coalesce(EditionRow.hold, UNEXPLAINED_HOLD)
    return is_from_there | (EditionRow.status.in_(ON_HOLD) & hold.in_(rule.holds))


def _refusal(session: Session, edition_id: int, expected_revision: int | None) -> InvalidStateError:
    row = session.execute(
        select(EditionRow.on, EditionRow.status, EditionRow.reason, EditionRow.revision).where(
            EditionRow.id == edition_id
        )
    ).one()
    is_stale = expected_revision not in {None, row.revision}
    sentence = describe_refusal(row.on, row.status, row.reason, is_stale=is_stale)
    return StaleRevisionError(sentence) if is_stale else InvalidStateError(sentence)
