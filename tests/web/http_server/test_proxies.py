"""The pages behind proxies, and below a path: who the reader is, and where each link leads."""

import logging
import re
from pathlib import Path

import pytest

from newsletter.config.public_url import PAGES
from newsletter.resources import templates
from newsletter.web import health, metrics
from newsletter.web.public import archive, subscriptions
from tests.web.conftest import PROXY

READER, OTHER = "203.0.113.7", "198.51.100.1"


def forwarded(address: str, scheme: str = "https") -> dict[str, str]:
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": scheme}


@pytest.mark.parametrize(
    ("peer", "headers", "seen"),
    [
        pytest.param(PROXY, forwarded(READER), f"{READER} https", id="a proxy of ours"),
        pytest.param(PROXY, forwarded(READER, "HTTPS, http"), f"{READER} https", id="two schemes"),
        pytest.param(PROXY, forwarded(READER, "gopher"), f"{READER} http", id="no such scheme"),
        pytest.param(PROXY, forwarded("::ffff:203.0.113.7"), f"{READER} https", id="mapped"),
        pytest.param(OTHER, forwarded(READER), f"{OTHER} http", id="a stranger"),
        pytest.param(OTHER, {}, f"{OTHER} http", id="a stranger who says nothing"),
    ],
)
def test_a_trusted_proxy_tells_who_the_reader_is_and_nobody_else_does(app, peer, headers, seen):
    pages = app(peer=peer, trusted_proxies="172.16.0.0/12")

    assert pages.get("/test/who", headers=headers).json() == seen


def test_a_proxy_that_nobody_named_is_said_once(app, caplog):
    pages = app()

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            pages.get("/test/who", headers=forwarded(READER))

    (line,) = [one.getMessage() for one in caplog.records if "X-Forwarded-For" in one.getMessage()]
    assert PROXY in line
    assert "NEWSLETTER_TRUSTED_PROXIES" in line


def test_a_stranger_locks_nobody_else_out_of_the_editors_pages(app):
    pages = app(trusted_proxies=PROXY, public_url="https://news.example.org")
    wrong, right = {"password": "wrong"}, {"password": "hunter's moon rises"}

    for number in range(12):  # from one network of his, a new address each time
        pages.post("/editor/login", data=wrong, headers=forwarded(f"2001:db8:0:1::{number}"))
    his = pages.post("/editor/login", data=right, headers=forwarded("2001:db8:0:1:ffff::"))
    ours = pages.post("/editor/login", data=right, headers=forwarded("2001:db8:0:2::1"))

    assert (his.status_code, ours.status_code) == (403, 303)
    assert "Secure" in ours.headers["set-cookie"]


@pytest.mark.parametrize("is_stripped", [True, False], ids=["cut off by the proxy", "passed on"])
def test_a_public_address_with_a_path_works(app, newsletter, is_stripped):
    pages = app(public_url="https://example.org/in/the-evening")
    root = "" if is_stripped else "/in/the-evening"

    home = pages.get(f"{root}/")
    front = pages.get(f"{root}/n/{newsletter.slug}")
    style = pages.get(f"{root}/static/style.css")
    unsigned = pages.get(f"{root}/editor")
    signed = pages.post(f"{root}/editor/login", data={"password": "hunter's moon rises"})
    missing = pages.get(f"{root}/nothing")
    fault = pages.get(f"{root}/test/fault")

    assert [one.status_code for one in (home, front, style)] == [200, 200, 200]
    for page in (home, front, missing, fault):
        links = re.findall(r'(?:href|action|src)="([^"]*)"', page.text)
        assert [one for one in links if one[:1] == "/"]
        assert all(one.startswith("/in/the-evening/") for one in links if one[:1] == "/")
    assert unsigned.headers["location"] == "/in/the-evening/editor/login"
    assert signed.headers["location"] == "/in/the-evening/editor"
    assert "Path=/in/the-evening/editor;" in signed.headers["set-cookie"]
    assert (missing.status_code, fault.status_code) == (404, 500)


def test_the_path_alone_without_a_slash_is_the_first_page(app):
    pages = app(public_url="https://example.org/newsletter")

    assert pages.get("/newsletter").status_code == 200
    assert pages.get("/newsletters").status_code == 404
    assert pages.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/editor/login/", "/healthz/", "/n/{slug}/", "//"])
def test_a_slash_at_the_end_leads_nowhere_else(app, newsletter, path):
    answer = app().get(path.format(slug=newsletter.slug), headers={"Host": "elsewhere.example"})

    assert answer.status_code == 200


def test_no_template_has_a_link_that_forgets_the_path():
    pages = sorted(Path(str(templates("web"))).rglob("*.html"))

    assert pages
    assert [page.name for page in pages if re.search(r'="/', page.read_text())] == []


def test_a_public_path_cannot_begin_as_a_page_of_ours_does():
    routers = (health.router, metrics.router, subscriptions.router, archive.router)
    routes = [route for router in routers for route in router.routes]
    first = {str(getattr(route, "path", "")).split("/")[1] for route in routes} - {""}

    assert first | {"editor", "static"} == PAGES
