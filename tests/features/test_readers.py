"""Readers: they sign up on a page, confirm from a mail, read, and leave with one click."""

import httpx
import pytest

from tests.features.house import House, link, parts

LATER = "2026-03-03T18:01:00Z"


def status_of(house: House, address: str) -> str:
    listed = house.ok("subscribers", "list", "--json").json()["subscribers"]
    return next((one["status"] for one in listed if one["address"] == address), "")


def test_a_reader_signs_up_confirms_reads_and_leaves(composed: House) -> None:
    with composed.web() as web:
        asked = web.post("/n/evening/subscribe", data={"address": "new@mail.example"})
        (letter,) = composed.mail()
        confirm = link(parts(letter)[1], "/confirm/")
        shown = web.get(confirm)
        before = status_of(composed, "new@mail.example")
        confirmed = web.post(confirm)
        after = status_of(composed, "new@mail.example")

        composed.worker(NEWSLETTER_AT=LATER)
        composed.ok("send", "--date", "2026-03-03", "--at", LATER)
        (edition,) = [one for one in composed.mail() if one["To"] == "new@mail.example"][1:]
        leave = str(edition["List-Unsubscribe"]).strip(" <>\r\n")
        page = web.get(leave)
        still = status_of(composed, "new@mail.example")
        gone = web.post(leave, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)

    assert (asked.status_code, shown.status_code, confirmed.status_code) == (200, 200, 200)
    assert (before, after, still) == ("unconfirmed", "confirmed", "confirmed")
    assert page.status_code == 200
    assert gone.status_code == 200
    assert status_of(composed, "new@mail.example") == "ended"
    assert edition["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_scanners_that_open_every_link_change_nothing(composed: House) -> None:
    with composed.web() as web:
        web.post("/n/evening/subscribe", data={"address": "new@mail.example"})
        html, text = parts(composed.mail()[0])
        for method in ("GET", "HEAD"):
            answer = web.request(method, link(text, "/confirm/"))
            assert answer.status_code == 200

    assert status_of(composed, "new@mail.example") == "unconfirmed"
    assert "/confirm/" in html


def test_nobody_learns_whether_an_address_is_subscribed(composed: House) -> None:
    with composed.web() as web:
        known = web.post("/n/evening/subscribe", data={"address": "ann@mail.example"})
        new = web.post("/n/evening/subscribe", data={"address": "new@mail.example"})

    assert known.status_code == new.status_code == 200
    assert known.text.replace("ann@", "new@") == new.text
    assert [one["To"] for one in composed.mail()] == ["new@mail.example"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param({"address": "nonsense"}, 400, id="no address"),
        pytest.param({"address": "a@b.example\r\nBcc: x@y.example"}, 400, id="two lines"),
        pytest.param({}, 422, id="nothing at all"),
        pytest.param({"address": "a@mail.example", "name": "Win http://x.example"}, 400, id="ad"),
    ],
)
def test_a_form_that_cannot_be_used_says_why(house: House, data: dict[str, str], code: int) -> None:
    with house.web() as web:
        answer = web.post("/n/evening/subscribe", data=data)

    assert answer.status_code == code
    assert "<form" in answer.text or "form" in answer.text
    assert house.mail() == []


def test_a_form_that_a_program_filled_in_sends_nothing(house: House) -> None:
    data = {"address": "new@mail.example", "website": "https://spam.example"}

    with house.web() as web:
        answer = web.post("/n/evening/subscribe", data=data)

    assert answer.status_code == 200
    assert house.mail() == []


def test_the_site_may_subscribe_by_api(house: House) -> None:
    with house.web() as web:
        good = web.post("/api/subscriptions", json={"address": "a@mail.example"})
        bad = web.post("/api/subscriptions", json={"address": "nonsense"})
        other = web.post("/api/subscriptions", json={"newsletter": "no", "address": "a@b.example"})
        broken = web.post("/api/subscriptions", content=b"{")

    assert [one.status_code for one in (good, bad, other, broken)] == [202, 400, 404, 400]
    assert "error" in bad.json()
    assert len(house.mail()) == 1


@pytest.mark.parametrize("path", ["/confirm/", "/unsubscribe/", "/view/"])
def test_a_link_that_was_cut_or_changed_is_refused(composed: House, path: str) -> None:
    with composed.web() as web:
        for text in ("1", "aaaa.1", "x" * 500, "..%2f..", "AAAAAAAAAAAAAAAAAAAAAA.1"):
            answer = web.get(f"{path}{text}")
            assert answer.status_code in {400, 404}, text
            assert "Traceback" not in answer.text


def test_the_public_pages_show_an_edition_once_it_is_out(composed: House) -> None:
    with composed.web() as web:
        early = web.get("/n/evening/2026-03-03")
        composed.worker(NEWSLETTER_AT=LATER)
        composed.ok("send", "--date", "2026-03-03", "--at", LATER)
        edition = web.get("/n/evening/2026-03-03")
        archive = web.get("/n/evening/archive")
        view = web.get(link(parts(composed.mail()[0])[1], "/view/"))

    assert early.status_code == 404
    assert "Port Maren" in edition.text
    assert "/n/evening/2026-03-03" in archive.text
    assert "Port Maren" in view.text
    assert "mail.example" not in view.text
    assert "sandbox" in view.headers["Content-Security-Policy"]


def test_every_page_keeps_strangers_out(composed: House) -> None:
    with composed.web() as web:
        for path in ("/", "/n/evening/archive", "/editor/login", "/nothing"):
            headers = web.get(path).headers
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
        large = web.post("/n/evening/subscribe", data={"address": "a" * 100_000})

    assert large.status_code == 413


def test_health_and_metrics_tell_how_it_is(composed: House) -> None:
    with composed.web() as web:
        health = web.get("/healthz")
        metrics = web.get("/metrics").text

    assert health.json() == {"status": "ok", "database": "ok", "redis": "ok"}
    assert 'newsletter_subscriptions{newsletter="evening",status="confirmed"} 3.0' in metrics
    assert 'newsletter_editions_stopped{newsletter="evening"} 0.0' in metrics
    stops = 'newsletter_next_edition_goes_out{newsletter="evening",reason="jobs"} 0.0'
    assert stops in metrics  # nothing would send it: no beat is there
    assert "@" not in metrics


def test_health_fails_when_the_database_is_gone(house: House) -> None:
    away = "postgresql://nobody:x@127.0.0.1:9/none"
    with house.web() as web:
        assert web.get("/healthz").status_code == 200

    done = house.run("serve", "--port", "1", NEWSLETTER_DATABASE_URL=away)

    assert done.code == 3
    assert "NEWSLETTER_DATABASE_URL" in done.err


def test_a_relay_that_is_away_is_said_to_the_reader_without_details(house: House) -> None:
    with house.web(NEWSLETTER_SMTP_URL="smtp://127.0.0.1:9") as web:
        answer: httpx.Response = web.post(
            "/n/evening/subscribe", data={"address": "a@mail.example"}
        )

    assert answer.status_code == 503
    assert "127.0.0.1:9" not in answer.text
    assert "few minutes" in answer.text
