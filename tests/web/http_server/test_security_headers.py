"""Every answer has the same headers, whoever makes it, and waits for nobody for ever."""

import asyncio
from typing import Any

import pytest

from newsletter.embedded.shared_server import free_port
from newsletter.web.http_server.request_limits import RequestLimits
from newsletter.web.http_server.security_headers import SECURITY_HEADERS
from tests.web.browsers import Browser, Pages

AWAY = f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/none"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/", 200, id="a page"),
        pytest.param("HEAD", "/", 200, id="a page's head"),
        pytest.param("GET", "/static/style.css", 200, id="a file"),
        pytest.param("HEAD", "/static/style.css", 200, id="a file's head"),
        pytest.param("GET", "/static/none.css", 404, id="a file that is not there"),
        pytest.param("GET", "/healthz", 200, id="health"),
        pytest.param("GET", "/metrics", 200, id="metrics"),
        pytest.param("GET", "/nothing", 404, id="nothing there"),
        pytest.param("GET", "/editor/evening/2026-03-03", 303, id="sent to the password"),
        pytest.param("GET", "/n/evening/", 200, id="a slash too many"),
        pytest.param("DELETE", "/", 405, id="a method that it has not"),
        pytest.param("OPTIONS", "/", 405, id="what may be done"),
        pytest.param("POST", "/static/style.css", 405, id="a form to a file"),
        pytest.param("POST", "/n/evening/subscribe", 422, id="an empty form"),
        pytest.param("POST", "/api/subscriptions", 400, id="an empty request of a program"),
        pytest.param("GET", "/%00", 400, id="no text"),
    ],
)
def test_every_answer_has_the_security_headers(
    client: Browser, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_a_page_without_a_database_has_them_too(pages: Pages) -> None:
    answer = pages(database_url=AWAY).get("/")

    assert answer.status_code == 503
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_a_fault_of_ours_is_a_page_with_the_headers_and_one_record(
    client: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    def fault() -> None:
        raise ZeroDivisionError("of a test")

    client.app.add_api_route("/fault", fault)

    answer = client.get("/fault")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "of a test" not in answer.text
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["cache-control"] == "no-store"
    assert [record.message for record in caplog.records if record.exc_info] == ["a page failed"]


def _post(*, body: list[dict[str, Any]], length: str = "100") -> dict[str, Any]:
    """What the limits answer to a request whose body comes in these messages, and then not."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("the application was asked")

    async def run() -> dict[str, Any]:
        waiting = iter(body)

        async def receive() -> dict[str, Any]:
            for message in waiting:
                return message
            await asyncio.Event().wait()
            raise AssertionError

        answers: list[Any] = []

        async def send(message: Any) -> None:
            answers.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/n/evening/subscribe",
            "raw_path": b"/n/evening/subscribe",
            "query_string": b"",
            "headers": [(b"content-length", length.encode())],
        }
        await RequestLimits(app, body_within_s=0.05)(scope, receive, send)
        return answers[0]  # type: ignore[no-any-return]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="nothing"),
        pytest.param([{"type": "http.request", "body": b"a", "more_body": True}], id="a byte"),
    ],
)
def test_a_form_that_is_never_finished_is_cut(body: list[dict[str, Any]]) -> None:
    answer = _post(body=body)

    assert answer["status"] == 408
    assert (b"connection", b"close") in answer["headers"]


def test_a_form_without_end_is_cut_whatever_length_it_claims() -> None:
    parts = [{"type": "http.request", "body": b"a" * 100_000, "more_body": True}] * 25

    assert _post(body=parts)["status"] == 413


def test_a_form_that_says_it_is_huge_is_not_waited_for() -> None:
    assert _post(body=[], length="9" * 30)["status"] == 413


def test_an_outage_is_two_lines_however_many_readers_meet_it(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    away, well = pages(database_url=AWAY), pages()
    well.get("/")
    caplog.clear()

    for _ in range(3):
        away.get("/")
    for _ in range(3):
        well.get("/")

    assert len(caplog.messages) == 2
    assert "NEWSLETTER_DATABASE_URL" in caplog.messages[0]
    assert caplog.messages[1] == "The database answers again."
