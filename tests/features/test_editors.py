"""Editors: they look at the coming edition, and say yes or not yet."""

import re
import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.features.house import House, parts

AT = "2026-03-03T17:30:00Z"
PAGE = "/editor/evening/2026-03-03"


@pytest.fixture
def editor(composed: House) -> Iterator[httpx.Client]:
    """A signed-in editor, half an hour before the edition goes out."""
    with composed.web(NEWSLETTER_AT=AT) as web:
        web.follow_redirects = True
        web.post("/editor/login", data={"password": "open sesame"})
        yield web


def form_token(html: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', html)
    assert found
    return found[1]


def form_fields(html: str) -> dict[str, str]:
    """What a form about the edition carries: its token, and the revision that was seen."""
    found = re.search(r'name="revision" value="(\d+)"', html)
    assert found
    return {"token": form_token(html), "revision": found[1]}


def test_without_the_password_nothing_is_shown(composed: House) -> None:
    with composed.web() as web:
        page = web.get(PAGE)
        wrong = web.post("/editor/login", data={"password": "sesame open"})
        mail = web.get(f"{PAGE}/mail")

    assert (page.status_code, mail.status_code) == (303, 303)
    assert page.headers["location"] == "/editor/login"
    assert wrong.status_code == 403
    assert "set-cookie" not in wrong.headers


def test_passwords_cannot_be_tried_for_ever(composed: House) -> None:
    with composed.web() as web:
        for _ in range(11):
            web.post("/editor/login", data={"password": "wrong"})
        answer = web.post("/editor/login", data={"password": "open sesame"})

    assert answer.status_code == 403
    assert "Too many" in answer.text


def test_the_coming_edition_shows_its_stories_with_reasons(editor: httpx.Client) -> None:
    page = editor.get("/editor")

    assert page.url.path == PAGE
    assert "Jordan and Iraq agree on a desert railway" in page.text
    assert "in the title" in page.text
    assert "Night ferry" in page.text
    assert "Nothing in it names the topic." in page.text


def test_the_mail_stands_in_a_frame_that_can_do_nothing(editor: httpx.Client) -> None:
    page = editor.get(PAGE)
    light = editor.get(f"{PAGE}/mail")
    dark = editor.get(f"{PAGE}/mail", params={"scheme": "dark"})

    frame = re.search(r"<iframe[^>]*>", page.text)
    assert frame
    assert "allow-scripts" not in frame[0]
    assert "sandbox=" in frame[0]
    assert light.headers["Content-Security-Policy"].startswith("sandbox")
    assert "@media not all" in light.text
    assert "@media all" in dark.text


def test_an_editor_holds_an_edition_and_approves_it(composed: House, editor: httpx.Client) -> None:
    first = form_fields(editor.get(PAGE).text)

    held = editor.post(f"{PAGE}/hold", data=first | {"note": "Wait for the vote"})
    again = editor.post(f"{PAGE}/compose", data=form_fields(held.text))
    unseen = editor.post(f"{PAGE}/approve", data=first)
    approved = editor.post(f"{PAGE}/approve", data=form_fields(again.text))

    assert "Wait for the vote" in held.text
    assert "will NOT go out: held by an editor" in held.text
    assert "held · editor" in again.text
    assert "It has changed since you looked" in unseen.text
    assert "Approved as it is." in approved.text
    told = composed.ok("status", "--json", "--at", AT).json()
    assert told["newsletters"][0]["editions"][0]["status"] == "approved"


def test_a_form_of_another_site_is_refused(composed: House, editor: httpx.Client) -> None:
    without = editor.post(f"{PAGE}/approve")
    forged = editor.post(f"{PAGE}/approve", data={"token": "0" * 64})

    assert (without.status_code, forged.status_code) == (403, 403)
    told = composed.ok("status", "--json", "--at", AT).json()
    assert told["newsletters"][0]["editions"][0]["status"] == "draft"


def test_an_editor_sends_a_test(composed: House, editor: httpx.Client) -> None:
    seen = form_fields(editor.get(PAGE).text)

    editor.post(f"{PAGE}/test", data=seen | {"address": "desk@press.example"})
    wrong = editor.post(f"{PAGE}/test", data=seen | {"address": "desk"})

    (message,) = composed.mail()
    assert message["To"] == "desk@press.example"
    assert "Test" in parts(message)[0]
    assert wrong.status_code == 400


def test_signing_out_ends_the_session(editor: httpx.Client) -> None:
    token = form_token(editor.get(PAGE).text)

    editor.post("/editor/logout", data={"token": token})

    assert editor.get(PAGE).url.path == "/editor/login"


def test_a_date_without_an_edition_offers_to_compose_it(editor: httpx.Client) -> None:
    page = editor.get("/editor/evening/2026-03-09")

    assert page.status_code == 200
    assert "Compose now" in page.text


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1280], ids=["phone", "desk"])
def test_the_pages_fit_their_screens(composed: House, width: int) -> None:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with composed.web(NEWSLETTER_AT=AT) as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{web.base_url}/editor/login")
        page.fill("#password", "open sesame")
        page.click("button")
        seen = []
        for path in (PAGE, "/n/evening", "/n/evening/archive", "/nothing"):
            page.goto(f"{web.base_url}{path}")
            seen.append(page.evaluate("document.documentElement.scrollWidth"))
        page.goto(f"{web.base_url}{PAGE}")
        heading = page.frame_locator("iframe").locator("h1").inner_text()
        browser.close()

    assert max(seen) <= width
    assert heading == "Middle East Evening"
