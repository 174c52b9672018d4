"""Who may move an edition where, and what becomes of it at its minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.editions.edition import (
    TRANSITIONS,
    Edition,
    EditionStatus,
    HoldReason,
    ReleaseDecision,
    Transition,
    decide_release,
    send_time_after_approval,
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
REQUIRED = replace(NEWSLETTER, approval_policy=ApprovalPolicy.REQUIRED)
APPROVED = replace(EDITION, status=EditionStatus.APPROVED)
IN_TIME = MINUTE + timedelta(seconds=20)
TOO_LATE = MINUTE + timedelta(hours=2, seconds=1)


def moves_from(status: EditionStatus) -> set[Transition]:
    return {move for move, (origins, _) in TRANSITIONS.items() if status in origins}


@for_each(
    ("status", "moves"),
    [
        pytest.param(
            EditionStatus.DRAFT,
            {Transition.APPROVE, Transition.HOLD, Transition.SKIP, Transition.SEND},
            id="a draft goes anywhere but to its end",
        ),
        pytest.param(
            EditionStatus.APPROVED,
            {Transition.HOLD, Transition.SKIP, Transition.SEND},
            id="an approved one can still be kept back",
        ),
        pytest.param(
            EditionStatus.HELD,
            {Transition.APPROVE, Transition.SKIP, Transition.CANCEL},
            id="a held one is never sent unless somebody releases it",
        ),
        pytest.param(
            EditionStatus.SENDING,
            {Transition.HOLD, Transition.FINISH, Transition.FAIL, Transition.CANCEL},
            id="one in mid-run can be stopped but not skipped",
        ),
        pytest.param(
            EditionStatus.SENT,
            {Transition.REOPEN},
            id="a sent one is opened again for those who failed",
        ),
        pytest.param(
            EditionStatus.FAILED, {Transition.REOPEN}, id="one that failed is opened again for them"
        ),
        pytest.param(
            EditionStatus.CANCELLED,
            {Transition.REOPEN},
            id="a cancelled one is opened again for those who failed",
        ),
        pytest.param(EditionStatus.SKIPPED, set(), id="a skipped one stays skipped"),
    ],
)
def test_an_edition_moves_only_where_it_may(status, moves):
    assert moves_from(status) == moves


def test_every_move_is_defined_and_every_state_but_the_first_can_be_reached():
    reached = {target for _, target in TRANSITIONS.values()}

    assert set(TRANSITIONS) == set(Transition)
    assert reached == set(EditionStatus) - {EditionStatus.DRAFT}


def test_no_move_leads_to_where_the_edition_is_already():
    assert not [move for move, (origins, target) in TRANSITIONS.items() if target in origins]


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
    verdict = decide_release(edition, newsletter, now=now)

    assert verdict.hold is hold
    assert bool(verdict.reason) == bool(hold)


def test_going_out_needs_no_reason():
    assert decide_release(EDITION, NEWSLETTER, now=MINUTE) == ReleaseDecision()


def test_a_held_edition_says_the_time_as_clocks_in_its_zone_show_it():
    unapproved = decide_release(EDITION, REQUIRED, now=MINUTE)
    late = decide_release(EDITION, NEWSLETTER, now=MINUTE + timedelta(hours=8))

    assert "18:00 on 2026-03-02 (Asia/Beirut)" in unapproved.reason
    assert "18:00 on 2026-03-02 (Asia/Beirut)" in late.reason
    assert "02:00 on 2026-03-03 (Asia/Beirut)" in late.reason


@pytest.mark.parametrize(
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

    assert (
        decide_release(edition, REQUIRED, now=released + timedelta(minutes=1)) == ReleaseDecision()
    )
