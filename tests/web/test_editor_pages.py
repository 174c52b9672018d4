"""Two editors at once: a page that is not fresh any more decides nothing."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.domain.editions.edition import Edition, HoldReason
from newsletter.domain.editions.transitions import Transition
from newsletter.services.editions.compose import compose
from newsletter.store import Store
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.transitions import transition
from tests.services.worlds import composed
from tests.web.browsers import PASSWORD, Browser, Pages

PAGE = "/editor/evening/2026-03-03"
TOO_FEW = HoldReason.TOO_FEW_STORIES
Change = Callable[[Store, Edition], None]


@pytest.fixture
def editor(pages: Pages) -> Browser:
    """An editor who is signed in."""
    browser = pages()
    browser.post("/editor/login", data={"password": PASSWORD})
    return browser


@pytest.fixture
def edition(pages: Pages, store: Store, now: datetime) -> Edition:
    """Today's draft."""
    with store.begin() as session:
        (newsletter,) = newsletters.list_all(session)
    return composed(store, newsletter, now=now)


def fields(html: str) -> dict[str, str]:
    """What every form of the page carries. Fails where two of them differ."""
    forms = re.findall(r"<form[^>]*/editor/evening/.*?</form>", html, re.DOTALL)
    carried = {
        frozenset(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form)) for form in forms
    }
    (one_and_the_same,) = carried
    return dict(one_and_the_same)


def hold(store: Store, edition: Edition) -> None:
    with store.begin() as session:
        transition(session, edition.id, Transition.HOLD, reason="Wait.", decided_by="Rana")


def compose_anew(store: Store, edition: Edition) -> None:
    with store.begin() as session:
        newsletter = newsletters.by_id(session, edition.newsletter_id)
    compose(store, newsletter, edition.on, now=edition.composed_at + timedelta(minutes=1))


def send_off(store: Store, edition: Edition) -> None:
    with store.begin() as session:
        at = edition.sends_at
        transition(session, edition.id, Transition.FREEZE, frozen_at=at, deadline_at=at)


def current(store: Store, edition: Edition) -> Edition:
    with store.begin() as session:
        return editions.by_id(session, edition.id)


def test_every_form_of_the_page_carries_the_revision(
    editor: Browser, store: Store, edition: Edition
) -> None:
    before = fields(editor.get(PAGE).text)
    hold(store, edition)
    after = fields(editor.get(PAGE).text)

    assert (before["revision"], after["revision"]) == ("1", "2")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(hold, "approve", id="approve what a colleague holds"),
        pytest.param(compose_anew, "approve", id="approve what was composed anew"),
        pytest.param(send_off, "hold", id="hold what went out"),
        pytest.param(compose_anew, "test", id="send a test of what is no longer there"),
        pytest.param(hold, "compose", id="compose what a colleague holds"),
    ],
)
def test_a_stale_page_does_not(
    editor: Browser, store: Store, edition: Edition, change: Change, what: str
) -> None:
    seen = fields(editor.get(PAGE).text)
    change(store, edition)
    before = current(store, edition)

    answer = editor.post(f"{PAGE}/{what}", data=seen | {"address": "desk@press.example"})
    page = editor.get(answer.headers["location"])

    assert (answer.status_code, current(store, edition)) == (303, before)
    assert "It has changed since you looked at it, and nothing was done." in page.text


def test_a_fresh_page_decides(editor: Browser, store: Store, edition: Edition) -> None:
    hold(store, edition)

    answer = editor.post(f"{PAGE}/approve", data=fields(editor.get(PAGE).text))

    assert answer.headers["location"].endswith("?done=approved")
    assert current(store, edition).status == "approved"


def test_a_page_from_before_there_were_revisions_has_to_be_looked_at_again(
    editor: Browser, store: Store, edition: Edition
) -> None:
    token = fields(editor.get(PAGE).text)["token"]

    answer = editor.post(f"{PAGE}/approve", data={"token": token})

    assert answer.headers["location"].endswith("?done=changed")
    assert current(store, edition) == edition


def test_what_a_rule_holds_as_thin_can_be_held_by_an_editor(
    editor: Browser, store: Store, edition: Edition
) -> None:
    with store.begin() as session:
        transition(session, edition.id, Transition.HOLD_BACK, hold=TOO_FEW, reason="A thin day.")
    page = editor.get(PAGE)

    editor.post(f"{PAGE}/hold", data=fields(page.text) | {"note": "Wait for the vote."})

    after = current(store, edition)
    assert (after.hold, after.reason) == ("editor", "Wait for the vote.")
