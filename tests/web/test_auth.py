"""The editors' door: whoever signed out is out, and a password is not tried for ever."""

import re
from datetime import timedelta

import pytest

from newsletter.embedded.shared_server import free_port
from newsletter.store import Store
from newsletter.store.accounts.editor_sessions import count_attempt, is_ended
from tests.web.browsers import PASSWORD, Browser, Pages

PAGE = "/editor/evening/2026-03-03"


def sign_in(client: Browser, password: str = PASSWORD) -> int:
    return client.post("/editor/login", data={"password": password}).status_code


def sign_out(client: Browser) -> None:
    token = re.search(r'name="token" value="(\w+)"', client.get(PAGE).text)
    assert token
    assert client.post("/editor/logout", data={"token": token[1]}).status_code == 303


def test_a_copy_of_the_cookie_is_worth_nothing_after_signing_out(pages: Pages) -> None:
    client, copy, colleague = pages(), pages(), pages()
    sign_in(client)
    copy.cookies = client.cookies
    sign_in(colleague)
    assert copy.get(PAGE).status_code == 200

    sign_out(client)

    assert copy.get(PAGE).headers["location"] == "/editor/login"
    assert copy.get(f"{PAGE}/mail").status_code == 303
    assert copy.post(f"{PAGE}/approve").status_code == 303
    assert colleague.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    "redis",
    [
        pytest.param({}, id="Redis answers"),
        pytest.param({"redis_url": f"redis://127.0.0.1:{free_port()}/0"}, id="Redis is away"),
    ],
)
def test_a_password_is_tried_ten_times_and_no_more(pages: Pages, redis: dict[str, str]) -> None:
    client = pages(**redis)

    codes = [sign_in(client, f"wrong {number}") for number in range(10)]
    answer = client.post("/editor/login", data={"password": PASSWORD})

    assert set(codes) == {403}
    assert answer.status_code == 403
    assert "Too many" in answer.text
    assert client.get(PAGE).status_code == 303


def test_whoever_knows_the_password_has_all_tries_again(pages: Pages) -> None:
    client = pages()
    for _ in range(2):
        for number in range(9):
            sign_in(client, f"wrong {number}")

        assert sign_in(client) == 303


def test_a_place_that_was_shut_out_may_try_again_after_a_while(store: Store, now) -> None:
    within = timedelta(minutes=15)
    with store.begin() as session:
        tried = [
            count_attempt(session, "192.0.2.1", since=now - within, now=now) for _ in range(12)
        ]
        elsewhere = count_attempt(session, "192.0.2.2", since=now - within, now=now)
        later = now + within + timedelta(seconds=1)
        again = count_attempt(session, "192.0.2.1", since=later - within, now=later)

    assert tried == list(range(1, 13))
    assert (elsewhere, again) == (1, 1)


def test_a_session_that_nobody_ended_is_not_ended(store: Store) -> None:
    with store.begin() as session:
        assert not is_ended(session, "some session")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/editor/evening/0001-01-01", id="the year 1"),
        pytest.param("/editor/evening/9999-12-31", id="the year 9999"),
        pytest.param("/editor/evening/2026-03-03?scheme=blue", id="no such scheme"),
        pytest.param("/editor/evening/2026-03-03/mail?scheme=%F0", id="no text in the query"),
        pytest.param("/editor/none/2026-03-03", id="no such newsletter"),
        pytest.param("/editor?newsletter=none", id="no such newsletter in the query"),
    ],
)
def test_an_editors_page_that_is_not_there_says_so(client: Browser, path: str) -> None:
    sign_in(client)

    answer = client.get(path)

    assert answer.status_code in {400, 404}
    assert "<h1" in answer.text


@pytest.mark.parametrize("password", ["", "\u00e9", "x" * 60_000], ids=["none", "accent", "long"])
def test_any_wrong_password_is_just_wrong(client: Browser, password: str) -> None:
    answer = client.post("/editor/login", data={"password": password})

    assert answer.status_code == 403
    assert "not the password" in answer.text


@pytest.mark.parametrize("cookie", ["x", "a.b.c", "é", "x" * 4000], ids=["x", "abc", "é", "long"])
def test_a_cookie_that_is_not_ours_opens_nothing(client: Browser, cookie: str) -> None:
    answer = client.get(PAGE, headers={"cookie": f"newsletter_editor={cookie}".encode()})

    assert answer.headers["location"] == "/editor/login"
