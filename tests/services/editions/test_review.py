"""What an editor decides about an edition: yes, not yet, go on."""

from datetime import timedelta

import pytest

from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import InvalidStateError, NotFoundError, StaleRevisionError
from newsletter.services.editions import review
from newsletter.services.sending.dispatch import dispatch
from newsletter.store import Store
from newsletter.store.editions import newsletters
from tests.services.worlds import composed, edition_of, moved

HOUR = timedelta(hours=1)
DRAFT, APPROVED, HELD = EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.HELD
SKIPPED, SENDING, SENT = EditionStatus.SKIPPED, EditionStatus.SENDING, EditionStatus.SENT


@pytest.fixture
def edition(store, newsletter, now):
    """A draft, half an hour before its minute."""
    return composed(store, newsletter, now=now)


def newsletter_of(store: Store, edition: Edition) -> Newsletter:
    with store.begin() as session:
        return newsletters.by_id(session, edition.newsletter_id)


@pytest.mark.parametrize(
    ("status", "hold"),
    [
        pytest.param(DRAFT, None, id="a draft"),
        pytest.param(HELD, HoldReason.EDITOR, id="one that an editor held"),
        pytest.param(HELD, HoldReason.TOO_FEW_STORIES, id="a thin one"),
        pytest.param(HELD, HoldReason.UNAPPROVED, id="one that nobody approved in time"),
    ],
)
def test_an_approved_edition_goes_out_at_its_minute(ports, edition, status, hold):
    moved(ports.store, edition.id, status, hold=hold, reason="Held.")

    found = review.approve(ports, edition.id, by="Rana")

    assert (found.status, found.hold, found.reason) == (APPROVED, None, "")
    assert (found.sends_at, found.decided_by) == (edition.sends_at, "Rana")
    assert found == edition_of(ports.store, edition.id)


def test_approved_after_its_minute_an_edition_goes_out_at_once(ports, edition, clock):
    moved(ports.store, edition.id, HELD, hold=HoldReason.LATE)
    clock.at = edition.sends_at + 5 * HOUR

    found = review.approve(ports, edition.id, by="Rana")

    assert found.sends_at == clock.at
    assert dispatch(ports, edition.id).status is SENT


def test_a_run_that_was_stopped_goes_on_when_it_is_approved(ports, edition, clock):
    moved(ports.store, edition.id, HELD, hold=HoldReason.STOPPED, reason="Refused.")
    clock.at = edition.sends_at + HOUR

    found = review.approve(ports, edition.id, by="Rana")

    assert (found.status, found.hold, found.reason) == (SENDING, None, "")
    assert found.sends_at == edition.sends_at


@pytest.mark.parametrize("status", [APPROVED, SKIPPED, SENDING, SENT])
def test_what_is_decided_cannot_be_approved(ports, edition, status):
    moved(ports.store, edition.id, status)

    with pytest.raises(InvalidStateError, match=f"The edition of 2026-03-03 is {status} already"):
        review.approve(ports, edition.id, by="Rana")

    assert edition_of(ports.store, edition.id).decided_by == ""


@pytest.mark.parametrize(
    ("status", "note", "hold", "reason"),
    [
        pytest.param(
            DRAFT, " Check the lead. ", HoldReason.EDITOR, "Check the lead.", id="a draft"
        ),
        pytest.param(APPROVED, "Wait.", HoldReason.EDITOR, "Wait.", id="an approved one"),
        pytest.param(DRAFT, "  ", HoldReason.EDITOR, "An editor holds it.", id="without a note"),
        pytest.param(SENDING, "A mistake.", HoldReason.STOPPED, "A mistake.", id="in mid-run"),
    ],
)
def test_a_held_edition_says_who_holds_it_and_why(ports, edition, status, note, hold, reason):
    moved(ports.store, edition.id, status)

    found = review.hold(ports, edition.id, note=note, by="Rana")

    assert (found.status, found.hold) == (HELD, hold)
    assert (found.reason, found.decided_by) == (reason, "Rana")
    assert found == edition_of(ports.store, edition.id)


def test_a_held_edition_does_not_go_out_at_its_minute(ports, edition, clock, queue):
    review.hold(ports, edition.id, note="", by="Rana")
    clock.at = edition.sends_at

    assert dispatch(ports, edition.id).status is HELD
    assert queue == []


@pytest.mark.parametrize(
    ("status", "hold"),
    [
        pytest.param(HELD, HoldReason.EDITOR, id="what an editor holds"),
        pytest.param(HELD, HoldReason.LATE, id="what came too late, which nobody gets anyway"),
        pytest.param(SKIPPED, None, id="what is skipped"),
        pytest.param(SENT, None, id="what is sent"),
    ],
)
def test_what_does_not_move_cannot_be_held(ports, edition, status, hold):
    moved(ports.store, edition.id, status, hold=hold, reason="So it is.")

    with pytest.raises(InvalidStateError, match=f"is {status} already"):
        review.hold(ports, edition.id, note="Mine.", by="Rana")

    assert edition_of(ports.store, edition.id).reason == "So it is."


def test_an_editor_s_hold_takes_the_place_of_a_rule_s_and_outlives_news(ports, edition):
    moved(ports.store, edition.id, HELD, hold=HoldReason.TOO_FEW_STORIES, reason="A thin day.")

    review.hold(ports, edition.id, note="Wait for the vote.", by="Rana")
    composed(ports.store, newsletter_of(ports.store, edition), now=edition.composed_at)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold, found.reason) == (
        HELD,
        HoldReason.EDITOR,
        "Wait for the vote.",
    )


def _approve(ports, edition, seen):
    review.approve(ports, edition.id, by="Amal", expected_revision=seen)


def _hold(ports, edition, seen):
    review.hold(ports, edition.id, note="No.", by="Amal", expected_revision=seen)


@pytest.mark.parametrize(
    ("meanwhile", "decide"),
    [
        pytest.param("held", _approve, id="a hold is not approved away"),
        pytest.param("composed", _approve, id="what was composed anew is not approved unseen"),
        pytest.param("sent off", _hold, id="what went out is not stopped by mistake"),
        pytest.param("approved", _hold, id="an approval is not held away unseen"),
    ],
)
def test_who_saw_an_earlier_revision_decides_nothing(ports, edition, clock, meanwhile, decide):
    if meanwhile == "held":
        review.hold(ports, edition.id, note="Wait.", by="Rana")
    elif meanwhile == "approved":
        review.approve(ports, edition.id, by="Rana")
    elif meanwhile == "composed":
        composed(ports.store, newsletter_of(ports.store, edition), now=edition.composed_at)
    else:
        clock.at = edition.sends_at
        dispatch(ports, edition.id)
    before = edition_of(ports.store, edition.id)

    with pytest.raises(StaleRevisionError, match="has changed since you looked"):
        decide(ports, edition, edition.revision)

    assert edition_of(ports.store, edition.id) == before
    assert before.revision > edition.revision


def test_an_edition_that_does_not_exist_is_missing(ports):
    with pytest.raises(NotFoundError, match="no edition with the number 12"):
        review.approve(ports, 12, by="Rana")
    with pytest.raises(NotFoundError, match="no edition with the number 12"):
        review.hold(ports, 12, note="", by="Rana")
