"""Who may move an edition where, and what becomes of it at its minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.editions.edition import Edition, EditionStatus, HoldReason
from newsletter.domain.editions.transitions import (
    TRANSITIONS,
    Transition,
    decide_release,
    describe_refusal,
    may,
    refuse_to_send,
    send_time_after_approval,
    values_of,
)
from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from tests.cases import for_each

MINUTE = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
NEWSLETTER = Newsletter(
    id=1,
    slug="evening",
    name="Evening",
    zone="Asia/Beirut",
    sender_address="evening@post.example",
    grace=timedelta(hours=2),
)
EDITION = Edition(
    id=1,
    newsletter_id=1,
    on=date(2026, 3, 2),
    number=1,
    status=EditionStatus.DRAFT,
    opens_at=MINUTE - timedelta(days=1),
    closes_at=MINUTE - timedelta(hours=1),
    sends_at=MINUTE,
    composed_at=MINUTE - timedelta(hours=1),
    subject="A bridge opens",
    preheader="",
    stories=(),
)
STORY = Story(
    title="A bridge opens",
    summary="",
    section="Lebanon",
    placement=Placement.LEAD,
    lead=Article(
        id=1,
        url="https://cedar.example/1",
        title="A bridge opens",
        source="The Cedar Post",
        published_at=MINUTE,
        collected_at=MINUTE,
    ),
    score=1.0,
    reason="",
)
REQUIRED = replace(NEWSLETTER, approval_policy=ApprovalPolicy.REQUIRED)
APPROVED = replace(EDITION, status=EditionStatus.APPROVED)
IN_TIME = MINUTE + timedelta(seconds=20)
TOO_LATE = MINUTE + timedelta(hours=2, seconds=1)


# What the table says again, the other way round: from each state, the transitions that may be made.
_UNTOUCHED = "compose illustrate remove_stories reschedule approve hold hold_back skip freeze"
ALLOWED = {
    (EditionStatus.DRAFT, None): _UNTOUCHED,
    (EditionStatus.APPROVED, None): "remove_stories reschedule hold hold_back skip freeze",
    (EditionStatus.HELD, HoldReason.TOO_FEW_STORIES): _UNTOUCHED,
    (EditionStatus.HELD, HoldReason.REFUSED): _UNTOUCHED,
    (EditionStatus.HELD, HoldReason.UNAPPROVED): f"{_UNTOUCHED} restore",
    (EditionStatus.HELD, HoldReason.LATE): f"{_UNTOUCHED} restore".replace(" hold ", " "),
    (EditionStatus.HELD, HoldReason.EDITOR): _UNTOUCHED.replace(" hold ", " "),
    (EditionStatus.HELD, None): _UNTOUCHED.replace(" hold ", " "),  # as one that an editor held
    (EditionStatus.HELD, HoldReason.STOPPED): "resume cancel",
    (EditionStatus.SKIPPED, None): "compose reschedule restore",
    (EditionStatus.SENDING, None): "stop finish cancel reopen",
    (EditionStatus.SENT, None): "recount reopen",
    (EditionStatus.FAILED, None): "recount reopen",
    (EditionStatus.CANCELLED, None): "reopen",
}


@for_each("transition", Transition)
def test_a_transition_is_made_from_the_states_that_the_table_names_and_no_other(transition):
    allowed_from = {
        state for state, names in ALLOWED.items() if transition.name.lower() in names.split()
    }

    made_from = {
        (status, hold)
        for status, hold in ALLOWED
        if may(replace(EDITION, status=status, hold=hold), transition)
    }

    assert made_from == allowed_from


def test_the_table_above_speaks_of_every_state_and_every_transition():
    holds = {hold for status, hold in ALLOWED if status is EditionStatus.HELD}
    names = {name for row in ALLOWED.values() for name in row.split()}

    assert {status for status, _ in ALLOWED} == set(EditionStatus)
    assert holds == {None, *HoldReason}
    assert (
        names
        == {transition.name.lower() for transition in Transition}
        == {transition.name.lower() for transition in TRANSITIONS}
    )


@for_each(
    ("transition", "to", "changes", "values"),
    [
        pytest.param(
            Transition.APPROVE,
            None,
            {"decided_by": "Rana", "sends_at": MINUTE, "released_at": None},
            {
                "status": "approved",
                "hold": None,
                "reason": "",
                "decided_by": "Rana",
                "sends_at": MINUTE,
                "released_at": None,
            },
            id="one target needs not be named",
        ),
        pytest.param(
            Transition.HOLD,
            None,
            {"decided_by": "Rana", "reason": "Wait."},
            {
                "status": "held",
                "hold": "editor",
                "released_at": None,
                "decided_by": "Rana",
                "reason": "Wait.",
            },
            id="a hold is an editor's, and takes a late release back",
        ),
        pytest.param(
            Transition.STOP,
            None,
            {"reason": "Refused."},
            {"status": "held", "hold": "stopped", "reason": "Refused."},
            id="a stop leaves who decided",
        ),
        pytest.param(
            Transition.FINISH,
            EditionStatus.FAILED,
            {"reason": "All failed.", "sent_at": MINUTE},
            {"status": "failed", "reason": "All failed.", "sent_at": MINUTE},
            id="of several targets one is named",
        ),
        pytest.param(
            Transition.RESCHEDULE, None, {"sends_at": MINUTE}, {"sends_at": MINUTE}, id="no move"
        ),
        pytest.param(Transition.ILLUSTRATE, None, {}, {}, id="nothing but the revision"),
    ],
)
def test_a_transition_sets_its_columns(transition, to, changes, values):
    assert values_of(transition, to, changes) == values


@for_each(
    ("transition", "to", "changes"),
    [
        pytest.param(Transition.FINISH, None, {}, id="which target is not said"),
        pytest.param(Transition.APPROVE, EditionStatus.SENT, {}, id="a target of another"),
        pytest.param(Transition.RESCHEDULE, EditionStatus.SENT, {}, id="it has no target"),
        pytest.param(Transition.SKIP, None, {"sent_at": MINUTE}, id="a column of another"),
    ],
)
def test_a_transition_sets_nothing_that_the_table_does_not_name(transition, to, changes):
    with pytest.raises(ValueError, match=f"^{transition} does not"):
        values_of(transition, to, changes)


def test_a_refusal_says_what_has_changed_since_somebody_looked():
    on, held = EDITION.on, EditionStatus.HELD
    stale = describe_refusal(on, held, "Wait for the vote.", is_stale=True)
    unexplained = describe_refusal(on, EditionStatus.SENDING, "", is_stale=True)

    assert stale == (
        "The edition of 2026-03-02 has changed since you looked. It is now held: Wait for the "
        "vote. Look at it again."
    )
    assert unexplained.endswith("It is now sending. Look at it again.")
    assert describe_refusal(on, held, "", is_stale=False) == (
        "The edition of 2026-03-02 is held already."
    )


@for_each(
    ("state", "shortage", "is_forced", "says"),
    [
        pytest.param((EditionStatus.APPROVED, None), "Thin.", False, "", id="approved, if thin"),
        pytest.param((EditionStatus.DRAFT, None), "", False, "", id="a draft"),
        pytest.param((EditionStatus.DRAFT, None), "Thin.", False, "--force", id="a thin draft"),
        pytest.param((EditionStatus.DRAFT, None), "Thin.", True, "", id="a thin draft, by force"),
        pytest.param(
            (EditionStatus.HELD, HoldReason.LATE), "", False, "", id="held for its minute"
        ),
        pytest.param(
            (EditionStatus.HELD, HoldReason.EDITOR), "", False, "--force", id="an editor's"
        ),
        pytest.param((EditionStatus.HELD, HoldReason.EDITOR), "", True, "", id="so, by force"),
        pytest.param((EditionStatus.SKIPPED, None), "", True, "is skipped", id="skipped"),
        pytest.param((EditionStatus.CANCELLED, None), "", True, "resend", id="cancelled"),
    ],
)
def test_an_operator_s_word_sends_what_nothing_forbids(state, shortage, is_forced, says):
    status, hold = state
    edition = replace(EDITION, status=status, hold=hold, stories=(STORY,))

    refusal = refuse_to_send(edition, shortage=shortage, is_forced=is_forced)

    assert says in refusal
    assert bool(says) is bool(refusal)


def test_nothing_sends_an_edition_without_a_story():
    refusal = refuse_to_send(EDITION, shortage="There is no story.", is_forced=True)

    assert "too little to say" in refusal
    assert "--force" not in refusal


@for_each(
    ("newsletter", "edition", "now", "hold"),
    [
        pytest.param(NEWSLETTER, EDITION, MINUTE, None, id="a draft goes out by itself"),
        pytest.param(NEWSLETTER, APPROVED, IN_TIME, None, id="an approved one goes out"),
        pytest.param(REQUIRED, APPROVED, IN_TIME, None, id="approved where that is required"),
        pytest.param(
            REQUIRED,
            EDITION,
            MINUTE,
            HoldReason.UNAPPROVED,
            id="a draft where approval is required",
        ),
        pytest.param(
            NEWSLETTER, EDITION, MINUTE + timedelta(hours=2), None, id="at the end of the grace"
        ),
        pytest.param(NEWSLETTER, EDITION, TOO_LATE, HoldReason.LATE, id="a second past the grace"),
        pytest.param(
            REQUIRED, APPROVED, TOO_LATE, HoldReason.LATE, id="approved, but past the grace"
        ),
        pytest.param(
            REQUIRED,
            EDITION,
            TOO_LATE,
            HoldReason.UNAPPROVED,
            id="unapproved weighs more than late",
        ),
    ],
)
def test_at_its_minute_an_edition_goes_out_or_is_held(newsletter, edition, now, hold):
    state = decide_release(edition, newsletter, now=now)

    assert (state and (state.status, state.hold, bool(state.reason))) == (
        hold and (EditionStatus.HELD, hold, True)
    )


def test_a_held_edition_says_the_time_as_clocks_in_its_zone_show_it():
    unapproved = decide_release(EDITION, REQUIRED, now=MINUTE)
    late = decide_release(EDITION, NEWSLETTER, now=MINUTE + timedelta(hours=8))

    assert unapproved
    assert late
    assert "18:00 on 2026-03-02 (Asia/Beirut)" in unapproved.reason
    assert "18:00 on 2026-03-02 (Asia/Beirut)" in late.reason
    assert "02:00 on 2026-03-03 (Asia/Beirut)" in late.reason


@for_each(
    ("now", "minute"),
    [
        pytest.param(MINUTE - timedelta(minutes=30), MINUTE, id="before its minute it waits"),
        pytest.param(MINUTE, MINUTE, id="in its minute it goes"),
        pytest.param(TOO_LATE, TOO_LATE, id="after its minute it goes at once"),
    ],
)
def test_an_approved_edition_goes_out_at_its_minute_or_at_once(now, minute):
    assert send_time_after_approval(EDITION, now=now) == minute


def test_what_a_person_lets_go_late_is_not_held_for_being_late():
    released = MINUTE + timedelta(days=1)

    edition = replace(APPROVED, sends_at=send_time_after_approval(EDITION, now=released))

    assert decide_release(edition, REQUIRED, now=released + timedelta(minutes=1)) is None
