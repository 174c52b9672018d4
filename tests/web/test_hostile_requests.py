"""What nobody sends by accident is answered in words: no fault of ours, and no traceback."""

import logging

import pytest

from tests.web.browsers import Browser

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
SLUG = "/n/evening"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param(f"{SLUG}/0001-01-01", 404, id="the year 1"),
        pytest.param(f"{SLUG}/0000-01-01", 404, id="the year 0"),
        pytest.param(f"{SLUG}/9999-12-31", 404, id="the year 9999"),
        pytest.param(f"{SLUG}/2026-02-30", 404, id="a day that is not"),
        pytest.param(f"{SLUG}/86400", 404, id="a date as a number"),
        pytest.param(f"{SLUG}/{'9' * 400}", 404, id="a number without end"),
        pytest.param(f"{SLUG}/2026-01-02T00:00:00", 404, id="a moment for a day"),
        pytest.param(f"{SLUG}/٢٠٢٦-٠١-٠٢", 404, id="a day in other digits"),
        pytest.param(f"{SLUG}/archive?part=-1", 404, id="a page before the first"),
        pytest.param(f"{SLUG}/archive?part=0", 404, id="page nought"),
        pytest.param(f"{SLUG}/archive?part=99999999999999999999", 404, id="a huge page"),
        pytest.param(f"{SLUG}/archive?part=NaN", 404, id="no number for a page"),
        pytest.param("/n/%00", 400, id="NUL in the path"),
        pytest.param("/n/%FF", 400, id="no UTF-8 in the path"),
        pytest.param("/n/%ED%A0%80", 400, id="half a surrogate in the path"),
        pytest.param("/static/%00.css", 400, id="NUL in a file's name"),
        pytest.param(f"/static/{'a' * 5000}", 404, id="a file's name without end"),
        pytest.param("/static/../app.py", 404, id="out of the folder"),
        pytest.param("/static/%2e%2e/app.py", 404, id="out of the folder, encoded"),
        pytest.param("/?x=%00", 400, id="NUL in the query"),
        pytest.param("/?x=%C3%28", 400, id="no UTF-8 in the query"),
        pytest.param("/confirm/x", 400, id="a link cut off"),
        pytest.param(f"/confirm/{'1.' * 3000}1", 400, id="a link without end"),
        pytest.param("/view/a.99999999999999999999999", 400, id="a link with a huge number"),
        pytest.param("/unsubscribe/é.1", 400, id="a link in other letters"),
        pytest.param("/nothing", 404, id="nothing there"),
    ],
)
def test_an_address_that_cannot_be_leads_to_a_page_that_says_so(
    client: Browser, caplog: pytest.LogCaptureFixture, path: str, status: int
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "Traceback" not in answer.text
    assert [line for line in caplog.records if line.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"[" * 30_000, 400, id="deep lists"),
        pytest.param(b'{"a":' * 9_000, 400, id="deep objects"),
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"\xff\xfe", 400, id="no UTF-8"),
        pytest.param(b"9" * 9_000, 400, id="a huge number"),
        pytest.param(b"[]", 400, id="a list"),
        pytest.param(b"NaN", 400, id="not a number"),
        pytest.param(b'{"address": "a\\u0000@mail.example"}', 400, id="NUL in the address"),
        pytest.param(b'{"address": "\\ud800@mail.example"}', 400, id="half a surrogate"),
        pytest.param(b'{"newsletter": "\\u0000"}', 400, id="NUL in the newsletter"),
        pytest.param(b'{"address": {"a": 1}}', 400, id="an object for an address"),
        pytest.param(b'{"address": 1e999}', 400, id="infinity for an address"),
        pytest.param(b'{"address": "a@mail.example", "newsletter": "none"}', 404, id="no such"),
        pytest.param(
            b'{"address": "a@mail.example", "zone": "Mars/Olympus"}', 400, id="no such zone"
        ),
        pytest.param(
            b'{"address": "a@mail.example", "zone": "../../etc/passwd"}',
            400,
            id="a path for a zone",
        ),
        pytest.param(b'{"address": "' + b"a" * 60_000 + b'"}', 400, id="a long address"),
        pytest.param(b"x" * 70_000, 413, id="too large"),
    ],
)
def test_a_program_that_sends_nonsense_is_told_so(
    client: Browser, caplog: pytest.LogCaptureFixture, body: bytes, status: int
) -> None:
    answer = client.post("/api/subscriptions", content=body, headers=JSON)

    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert [line for line in caplog.records if line.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"address=%00", FORM, 400, id="NUL"),
        pytest.param(b"address=\x00", FORM, 400, id="a raw NUL"),
        pytest.param(b"address=%FF", FORM, 400, id="no UTF-8"),
        pytest.param(b"address=%ED%A0%80", FORM, 400, id="half a surrogate"),
        pytest.param(b"address=" + b"a" * 60_000, FORM, 400, id="a field without end"),
        pytest.param(b"&" * 60_000, FORM, 422, id="a thousand empty fields"),
        pytest.param(b"a=b&" * 15_000, FORM, 400, id="a thousand fields"),
        pytest.param(b"address=" + b"a" * 70_000, FORM, 413, id="too large"),
        pytest.param(b"{}", JSON, 422, id="JSON where a form belongs"),
        pytest.param(b"x", {"content-type": "text/plain"}, 422, id="plain text"),
        pytest.param(b"x", {"content-type": "multipart/form-data"}, 400, id="no boundary"),
        pytest.param(b"x", {"content-type": "multipart/form-data; boundary=b"}, 400, id="torn"),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="address"\r\n\r\na\x00\r\n--b--\r\n',
            {"content-type": "multipart/form-data; boundary=b"},
            400,
            id="NUL in a part",
        ),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="address"; filename="a"\r\n\r\na'
            b"\r\n--b--\r\n",
            {"content-type": "multipart/form-data; boundary=b"},
            422,
            id="a file for an address",
        ),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_in_words(
    client: Browser,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    kind: dict[str, str],
    status: int,
) -> None:
    answer = client.post(f"{SLUG}/subscribe", content=body, headers=kind)

    assert answer.status_code == status
    assert "<h1" in answer.text
    assert [line for line in caplog.records if line.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "value", ["-1", "1e9", "٣", "1" * 5000], ids=["minus", "e", "arabic", "big"]
)
def test_a_length_that_is_none_is_refused(client: Browser, value: str) -> None:
    answer = client.post(
        f"{SLUG}/subscribe", content=b"", headers={**FORM, "content-length": value.encode()}
    )

    assert answer.status_code in {400, 413}


def test_one_click_may_come_in_parts(client: Browser) -> None:
    """RFC 8058, 3.1: senders of the request should use multipart/form-data."""
    head = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    body = head + b"One-Click\r\n--b--\r\n"

    answer = client.post(
        "/unsubscribe/x", content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )

    assert answer.status_code == 400
    assert "This link is not complete" in answer.text
