"""Two at once: what is frozen, approved or composed is what was seen, on a real database."""

import pytest

from newsletter.domain.articles.article import Image
from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.errors import InvalidStateError, StaleRevisionError
from newsletter.services.collection import lead_image
from newsletter.services.editions import render, review
from newsletter.services.editions.compose import compose
from newsletter.services.editions.mailable import choose_mailable
from newsletter.services.sending.dispatch import dispatch, send_now
from newsletter.store.collection import articles
from newsletter.store.editions.transitions import note_run
from tests.services.worlds import composed, edition_of, news, readers, statuses

HELD, SENDING, DRAFT = EditionStatus.HELD, EditionStatus.SENDING, EditionStatus.DRAFT
FOURTH = "Doha opens a reading room in its port"


@pytest.fixture
def edition(store, newsletter, now, clock):
    """A draft for Amal, at its minute."""
    readers(store, newsletter, ["amal"], now=now)
    made = composed(store, newsletter, now=now)
    clock.at = made.sends_at
    return made


@pytest.fixture
def while_it_is_rendered(monkeypatch):
    """Lets something happen once, after dispatch has read the edition and before it freezes it."""

    def let(happen):
        todo = [happen]
        render_preview = render.render_preview

        def rendered(*arguments, **options):
            while todo:
                todo.pop()()
            return render_preview(*arguments, **options)

        monkeypatch.setattr(render, "render_preview", rendered)

    return let


def test_what_is_frozen_is_what_was_rendered(ports, store, newsletter, edition, clock):
    dispatch(ports, edition.id)

    stored = edition_of(store, edition.id)
    with store.begin() as session:
        frozen = render.load_frozen(session, edition.id)
    assert stored.status is SENDING
    assert frozen == render.render_preview(ports, stored, newsletter)


def test_what_is_composed_anew_while_it_is_rendered_is_not_frozen(
    ports, store, newsletter, edition, clock, while_it_is_rendered
):
    news(store, FOURTH, now=edition.composed_at)
    while_it_is_rendered(
        lambda: compose(store, newsletter, edition.on, now=clock.at, until=clock.at)
    )

    done = dispatch(ports, edition.id)

    with store.begin() as session:
        assert render.load_frozen(session, edition.id) is None
    assert (done.status, done.planned, statuses(store, edition.id)) == (DRAFT, 0, {})
    assert dispatch(ports, edition.id).status is SENDING  # in the next minute, with the fourth
    with store.begin() as session:
        frozen = render.load_frozen(session, edition.id)
    assert frozen
    assert FOURTH in frozen.text


def test_a_hold_while_it_is_rendered_keeps_it(ports, store, edition, while_it_is_rendered):
    while_it_is_rendered(lambda: review.hold(ports, edition.id, note="Wait.", by="Rana"))

    done = dispatch(ports, edition.id)

    assert (done.status, done.reason) == (HELD, "Wait.")
    assert statuses(store, edition.id) == {}


@pytest.mark.parametrize("force", [False, True], ids=["by an operator", "by force"])
def test_an_operator_does_not_send_what_is_held_in_that_moment(
    ports, store, edition, while_it_is_rendered, force
):
    while_it_is_rendered(lambda: review.hold(ports, edition.id, note="Wait.", by="Rana"))

    with pytest.raises(InvalidStateError, match=r"was not sent\. Wait\."):
        send_now(ports, edition.id, force=force)

    assert statuses(store, edition.id) == {}


@pytest.mark.parametrize("decision", ["approved", "held"])
def test_composing_does_not_overwrite_what_was_decided_meanwhile(
    ports, newsletter, edition, monkeypatch, decision
):
    def decide_meanwhile(*arguments):
        if decision == "approved":
            review.approve(ports, edition.id, by="Rana")
        else:
            review.hold(ports, edition.id, note="Wait.", by="Rana")
        return choose_mailable(*arguments)

    monkeypatch.setattr("newsletter.services.editions.compose.choose_mailable", decide_meanwhile)
    store, now = ports.store, ports.now()
    news(store, FOURTH, now=edition.composed_at)

    with pytest.raises(InvalidStateError):
        compose(store, newsletter, edition.on, now=now, until=now)

    after = edition_of(store, edition.id)
    assert (after.status, after.stories) == (EditionStatus(decision), edition.stories)


def test_who_decided_to_compose_another_revision_anew_does_not(store, newsletter, edition, clock):
    compose(store, newsletter, edition.on, now=clock.at)

    with pytest.raises(StaleRevisionError, match="has changed since you looked"):
        compose(store, newsletter, edition.on, now=clock.at, expected_revision=edition.revision)
    with pytest.raises(StaleRevisionError):
        compose(store, newsletter, edition.on, now=clock.at, expected_revision=0)


def test_a_photo_that_comes_after_the_approval_changes_nothing(ports, store, edition, monkeypatch):
    photo = Image(url="https://cedar.example/port.jpg", width=1200, height=800)

    def approve_meanwhile(*_arguments, **_options):
        review.approve(ports, edition.id, by="Rana")
        return photo

    monkeypatch.setattr(lead_image, "find_lead_photo", approve_meanwhile)
    monkeypatch.setattr(articles, "is_polled", lambda *_: True)

    after = lead_image.find_lead_image(store, ports.fetch_policy, edition)

    assert (after.status, after.stories) == (EditionStatus.APPROVED, edition.stories)


def test_a_photo_is_a_change_that_an_editor_sees(ports, store, edition, monkeypatch):
    photo = Image(url="https://cedar.example/port.jpg", width=1200, height=800)
    monkeypatch.setattr(lead_image, "find_lead_photo", lambda *_, **__: photo)
    monkeypatch.setattr(articles, "is_polled", lambda *_: True)

    after = lead_image.find_lead_image(store, ports.fetch_policy, edition)

    assert after.revision == edition.revision + 1
    assert photo in [story.lead.image for story in after.stories]


def test_a_run_in_trouble_is_stopped_by_who_saw_it_well(ports, store, edition):
    dispatch(ports, edition.id)
    seen = edition_of(store, edition.id)
    with store.begin() as session:
        note_run(session, edition.id, "The relay does not answer.")

    stopped = review.hold(
        ports, edition.id, note="Stop.", by="Rana", expected_revision=seen.revision
    )

    assert (stopped.status, stopped.hold) == (HELD, HoldReason.STOPPED)
