"""Editions: saved with their stories and decisions, and loaded whole."""

from datetime import timedelta

import pytest

from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Placement
from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.domain.editions.transitions import Transition
from newsletter.errors import NotFoundError
from newsletter.store.collection import articles
from newsletter.store.editions import earlier_editions, editions
from newsletter.store.editions.transitions import transition
from tests.store.builders import (
    TODAY,
    another_newsletter,
    digest,
    entry,
    everything,
    kept,
    new_edition,
    put_in_state,
    saved_edition,
    story,
)

DAY = timedelta(days=1)
YESTERDAY, TOMORROW = TODAY - DAY, TODAY + DAY
FINISHED = (EditionStatus.SENDING, EditionStatus.SENT)


@pytest.fixture
def four(session, feed, now):
    """Four articles of the last day."""
    articles.upsert_entries(
        session, feed, [entry(path) for path in ("/a", "/b", "/c", "/d")], now=now
    )
    return everything(session)


def test_an_edition_comes_back_whole(session, newsletter, four, now):
    lead, other, brief, out = four
    stories = (
        story(
            lead,
            other,
            label=Label.ANALYSIS,
            score=3.5,
            section="Lebanon",
            follows_edition_of=YESTERDAY,
        ),
        story(brief, placement=Placement.BRIEF, section="Jordan", reason="“Amman” in the title."),
    )
    new = new_edition(
        newsletter, status=EditionStatus.HELD, hold=HoldReason.TOO_FEW_STORIES, reason="A thin day."
    )

    editions.save_composed(session, new, digest(now, *stories, out=(out,)), now=now)

    edition = editions.by_date(session, newsletter.id, TODAY)
    assert edition is not None
    assert edition.stories == stories
    assert (edition.status, edition.hold, edition.reason) == ("held", "thin", "A thin day.")
    assert (edition.opens_at, edition.closes_at, edition.composed_at) == (now - DAY, now, now)
    assert (edition.sends_at, edition.subject) == (new.sends_at, new.subject)
    assert edition == editions.by_id(session, edition.id)


def test_every_article_of_the_window_has_its_decision(session, newsletter, four, now):
    lead, other, second, out = four
    made = digest(now, story(lead, other), story(second), out=(out,))

    edition_id = editions.save_composed(session, new_edition(newsletter), made, now=now)

    assert edition_id is not None
    assert editions.decisions(session, edition_id) == made.decisions


def test_composing_anew_changes_the_same_edition(session, newsletter, four, now):
    first_lead, second_lead, *rest = four
    first = editions.save_composed(
        session, new_edition(newsletter), digest(now, story(first_lead)), now=now
    )
    again = new_edition(newsletter, subject="Rain in Amman", preheader="")

    second = editions.save_composed(
        session, again, digest(now, story(second_lead), out=(*rest,)), now=now
    )

    assert first is not None
    edition = editions.by_id(session, first)
    assert (second, edition.number, edition.subject) == (first, 1, "Rain in Amman")
    assert [one.lead for one in edition.stories] == [second_lead]
    assert len(editions.decisions(session, first)) == 3


@pytest.mark.parametrize(
    ("status", "is_composed_anew"),
    [
        pytest.param(EditionStatus.DRAFT, True, id="a draft"),
        pytest.param(EditionStatus.HELD, True, id="a held one"),
        pytest.param(EditionStatus.SKIPPED, True, id="a skipped one"),
        pytest.param(EditionStatus.APPROVED, False, id="an approved one"),
        pytest.param(EditionStatus.SENDING, False, id="one under way"),
        pytest.param(EditionStatus.SENT, False, id="one that is out"),
    ],
)
def test_only_what_nobody_relies_on_is_composed_anew(
    session, newsletter, now, status, is_composed_anew
):
    first = saved_edition(session, newsletter, status=status)
    again = new_edition(newsletter, subject="Anew")

    second = editions.save_composed(session, again, digest(now), now=now)

    assert (second == first) is is_composed_anew
    assert (editions.by_id(session, first).subject == "Anew") is is_composed_anew


def test_an_edition_stopped_in_mid_run_is_not_composed_anew(session, newsletter, now):
    stopped = saved_edition(session, newsletter)
    put_in_state(session, stopped, EditionStatus.HELD, hold=HoldReason.STOPPED, frozen_at=now)

    assert editions.save_composed(session, new_edition(newsletter), digest(now), now=now) is None


def test_editions_are_numbered_one_by_one_for_each_newsletter(session, newsletter, now):
    other = another_newsletter(session, now=now)
    ids = [
        saved_edition(session, newsletter, YESTERDAY),
        saved_edition(session, other, YESTERDAY),
        saved_edition(session, newsletter, TODAY),
        saved_edition(session, newsletter, YESTERDAY),
    ]

    assert [editions.by_id(session, each).number for each in ids] == [1, 1, 2, 1]


def test_a_date_without_an_edition_has_none(session, newsletter, now):
    other = another_newsletter(session, now=now)
    saved_edition(session, other, TODAY)

    assert editions.by_date(session, newsletter.id, TODAY) is None


def test_an_edition_that_does_not_exist_is_missing(session):
    with pytest.raises(NotFoundError, match="no edition with the number 12"):
        editions.by_id(session, 12)


def test_heads_are_the_latest_first_and_page_by_page(session, newsletter, now):
    saved_edition(session, another_newsletter(session, now=now), TOMORROW)
    for on in (TODAY, YESTERDAY, TOMORROW):
        saved_edition(session, newsletter, on)

    assert [head.on for head in editions.list_recent(session, newsletter.id, limit=2)] == [
        TOMORROW,
        TODAY,
    ]
    assert [head.on for head in editions.list_recent(session, newsletter.id, offset=2)] == [
        YESTERDAY
    ]


@pytest.mark.parametrize("status", [*FINISHED, EditionStatus.HELD, EditionStatus.CANCELLED])
def test_heads_can_be_those_that_were_sent_off_only(session, newsletter, now, status):
    out = saved_edition(session, newsletter, YESTERDAY)
    put_in_state(session, out, status, frozen_at=now)
    saved_edition(session, newsletter, TODAY, status=EditionStatus.HELD)

    found = editions.list_recent(session, newsletter.id, is_out=True)

    assert [head.on for head in found] == [YESTERDAY]


@pytest.mark.parametrize(
    ("status", "is_due"),
    [
        pytest.param(EditionStatus.DRAFT, True, id="a draft"),
        pytest.param(EditionStatus.APPROVED, True, id="an approved one"),
        pytest.param(EditionStatus.HELD, False, id="a held one"),
        pytest.param(EditionStatus.SKIPPED, False, id="a skipped one"),
        pytest.param(EditionStatus.SENDING, False, id="one under way"),
        pytest.param(EditionStatus.SENT, False, id="one that is out"),
    ],
)
def test_an_edition_is_due_at_its_minute_unless_something_holds_it(
    session, newsletter, now, status, is_due
):
    edition_id = saved_edition(session, newsletter, status=status, sends_at=now)

    assert editions.due_for_dispatch(session, now=now) == ((edition_id,) if is_due else ())
    assert editions.due_for_dispatch(session, now=now - timedelta(seconds=1)) == ()


def test_the_edition_that_waited_longest_is_due_first(session, newsletter, now):
    late = saved_edition(session, newsletter, TODAY, sends_at=now)
    later = saved_edition(session, newsletter, YESTERDAY, sends_at=now - DAY)

    assert editions.due_for_dispatch(session, now=now) == (later, late)


def test_only_editions_under_way_are_sending(session, newsletter):
    saved_edition(session, newsletter, YESTERDAY, status=EditionStatus.SENT)
    running = saved_edition(session, newsletter, TODAY, status=EditionStatus.SENDING)

    assert editions.sending(session) == (running,)


def test_the_last_cut_off_is_that_of_the_latest_earlier_date(session, newsletter, now):
    saved_edition(session, another_newsletter(session, now=now), YESTERDAY)
    assert earlier_editions.last_window_end(session, newsletter.id, before=TODAY) is None
    ids = {on: saved_edition(session, newsletter, on) for on in (YESTERDAY - DAY, YESTERDAY, TODAY)}

    found = earlier_editions.last_window_end(session, newsletter.id, before=TODAY)

    assert found == editions.by_id(session, ids[YESTERDAY]).closes_at


@pytest.mark.parametrize(
    ("status", "hold", "is_closed"),
    [
        pytest.param(EditionStatus.SENT, None, True, id="sent"),
        pytest.param(EditionStatus.HELD, HoldReason.EDITOR, True, id="held by an editor"),
        pytest.param(EditionStatus.HELD, HoldReason.LATE, False, id="held as late"),
        pytest.param(EditionStatus.SKIPPED, None, False, id="skipped"),
    ],
)
def test_a_window_is_closed_by_what_readers_got_or_may_get(
    session, newsletter, now, status, hold, is_closed
):
    saved_edition(session, newsletter, YESTERDAY, status=status, hold=hold)

    found = earlier_editions.last_window_end(session, newsletter.id, before=TODAY)

    assert (found is not None) is is_closed


@pytest.mark.parametrize(
    ("expected", "is_composed"),
    [
        pytest.param(None, True, id="whatever it is"),
        pytest.param(1, True, id="as it was read"),
        pytest.param(2, False, id="changed since"),
        pytest.param(0, False, id="made by somebody else since"),
    ],
)
def test_an_edition_is_composed_anew_only_as_it_was_expected(
    session, newsletter, now, expected, is_composed
):
    edition_id = saved_edition(session, newsletter)
    again = new_edition(newsletter, subject="Anew")

    saved = editions.save_composed(session, again, digest(now), now=now, expected_revision=expected)

    after = editions.by_id(session, edition_id)
    assert (saved == edition_id) is (after.subject == "Anew") is is_composed
    assert after.revision == (2 if is_composed else 1)


def test_an_editor_s_hold_is_seen_as_an_edition_is_written(session, newsletter, now):
    edition_id = saved_edition(session, newsletter)
    transition(session, edition_id, Transition.HOLD, reason="Wait.", decided_by="Rana")

    editions.save_composed(session, new_edition(newsletter, subject="Anew"), digest(now), now=now)

    found = editions.by_id(session, edition_id)
    assert (found.subject, found.status, found.hold) == ("Anew", "held", "editor")
    assert (found.reason, found.decided_by) == ("Wait.", "Rana")


@pytest.mark.parametrize(
    ("edition", "is_told"),
    [
        pytest.param((EditionStatus.SENT, YESTERDAY, DAY), True, id="an earlier edition"),
        pytest.param((EditionStatus.HELD, YESTERDAY, DAY), True, id="a held one"),
        pytest.param((EditionStatus.SKIPPED, YESTERDAY, DAY), False, id="a skipped one"),
        pytest.param((EditionStatus.SENT, TODAY, DAY), False, id="the date's own"),
        pytest.param((EditionStatus.SENT, YESTERDAY, 3 * DAY), False, id="one of long ago"),
    ],
)
def test_told_is_what_other_editions_chose(session, newsletter, four, now, edition, is_told):
    status, on, age = edition
    chosen, other, *out = four
    new = new_edition(newsletter, on, status=status)
    made = digest(now - age, story(chosen, other), out=(*out,))
    editions.save_composed(session, new, made, now=now)

    found = earlier_editions.published_articles(
        session, newsletter.id, apart_from=TODAY, since=now - 2 * DAY
    )

    assert [one.article for one in found] == ([chosen, other] if is_told else [])
    assert all((one.on, one.closes_at) == (on, now - age) for one in found)


def test_what_another_newsletter_told_is_not_told(session, newsletter, feed, now):
    other = another_newsletter(session, now=now)
    chosen = kept(session, feed, "/a", now=now)
    editions.save_composed(
        session, new_edition(other, YESTERDAY), digest(now, story(chosen)), now=now
    )

    assert (
        earlier_editions.published_articles(
            session, newsletter.id, apart_from=TODAY, since=now - DAY
        )
        == ()
    )
