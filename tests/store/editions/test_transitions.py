"""Transitions in the database: one compare-and-set, which allows what the domain's table allows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.domain.editions.transitions import TRANSITIONS, Transition, may
from newsletter.errors import InvalidStateError, StaleRevisionError
from newsletter.store import Store
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.transitions import note_run, transition, try_transition
from tests.store.builders import EVENING, digest, new_edition, put_in_state, saved_edition

HELD, SENDING = EditionStatus.HELD, EditionStatus.SENDING
STATES = [(status, None) for status in EditionStatus] + [(HELD, hold) for hold in HoldReason]


@pytest.fixture
def edition_id(session, newsletter) -> int:
    """A draft, at revision 1."""
    return saved_edition(session, newsletter)


@pytest.mark.parametrize("made", Transition)
def test_the_database_allows_what_the_table_allows(session, edition_id, made):
    target = min(TRANSITIONS[made].targets, default=None)
    differing = []

    for status, hold in STATES:
        put_in_state(session, edition_id, status, hold=hold)
        before = editions.by_id(session, edition_id)
        revision = try_transition(session, edition_id, made, to=target)
        after = editions.by_id(session, edition_id)
        is_made = (revision, after.revision) == (before.revision + 1, before.revision + 1)
        is_left = revision is None and after == before
        if not (is_made if may(before, made) else is_left):
            differing.append((status, hold))

    assert differing == []


def test_each_change_raises_the_revision_by_one(session, newsletter, edition_id, now):
    transition(session, edition_id, Transition.RESCHEDULE, sends_at=now)
    transition(session, edition_id, Transition.ILLUSTRATE)
    editions.save_composed(session, new_edition(newsletter), digest(now), now=now)
    transition(session, edition_id, Transition.HOLD, reason="Wait.", decided_by="Rana")

    assert editions.by_id(session, edition_id).revision == 5


def test_a_note_on_a_run_is_no_change_of_the_edition(session, edition_id):
    put_in_state(session, edition_id, SENDING)
    before = editions.by_id(session, edition_id).revision

    note_run(session, edition_id, "The relay does not answer.")

    edition = editions.by_id(session, edition_id)
    assert (edition.revision, edition.reason) == (before, "The relay does not answer.")


def test_what_is_not_being_sent_takes_no_note(session, edition_id):
    note_run(session, edition_id, "The relay does not answer.")

    assert editions.by_id(session, edition_id).reason == ""


def test_a_transition_sets_what_it_is_told_and_what_the_table_says(session, edition_id, now):
    put_in_state(session, edition_id, EditionStatus.DRAFT, released_at=now)

    transition(session, edition_id, Transition.HOLD, reason="Wait.", decided_by="Rana")

    edition = editions.by_id(session, edition_id)
    assert (edition.status, edition.hold, edition.released_at) == (HELD, HoldReason.EDITOR, None)
    assert (edition.reason, edition.decided_by) == ("Wait.", "Rana")


def test_who_has_seen_another_revision_is_told_what_has_changed(session, edition_id):
    transition(session, edition_id, Transition.HOLD, reason="Wait.", decided_by="Rana")

    with pytest.raises(StaleRevisionError, match=r"has changed since you looked.*held: Wait"):
        transition(session, edition_id, Transition.FREEZE, expected_revision=1)
    assert try_transition(session, edition_id, Transition.FREEZE, expected_revision=2) == 3


def test_what_the_state_forbids_is_no_matter_of_the_revision(session, edition_id):
    put_in_state(session, edition_id, EditionStatus.SENT)

    with pytest.raises(InvalidStateError, match="is sent already") as refusal:
        transition(session, edition_id, Transition.APPROVE, expected_revision=2)
    assert not isinstance(refusal.value, StaleRevisionError)


@pytest.fixture
def shared_edition(store: Store, now: datetime) -> int:
    """A draft that two sessions see."""
    with store.begin() as session:
        return saved_edition(session, newsletters.save(session, EVENING, now=now))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(Transition.HOLD, Transition.FREEZE, id="held and sent off"),
        pytest.param(Transition.APPROVE, Transition.HOLD, id="approved and held"),
        pytest.param(Transition.HOLD, Transition.HOLD, id="held twice"),
        pytest.param(Transition.REMOVE_STORIES, Transition.FREEZE, id="thinned and sent off"),
    ],
)
def test_of_two_who_decide_about_one_revision_one_does(store, shared_edition, first, second):
    both = Barrier(2)

    def decide(made: Transition) -> int | None:
        with store.begin() as session:
            seen = editions.by_id(session, shared_edition)
            both.wait()
            return try_transition(session, shared_edition, made, expected_revision=seen.revision)

    with ThreadPoolExecutor(2) as pool:
        revisions = list(pool.map(decide, (first, second)))

    assert sorted(revisions, key=str) == [2, None]
