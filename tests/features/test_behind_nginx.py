"""The whole service behind a real nginx on another address, below a path."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from newsletter.embedded.shared_server import free_port
from tests.features.house import House, link, parts
from tests.proxies import NGINX_AT, NGINX_CALLS_FROM, nginx

LATER = "2026-03-03T18:01:00Z"
PASSWORD = "the hunter's moon"
PAGE = "/newsletter/editor/evening/2026-03-03"


@dataclass
class Visitor:
    """Somebody with an address of his own, who speaks with nginx only."""

    at: str
    port: int

    def client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=self.at)
        base = f"http://{NGINX_AT}:{self.port}"
        return httpx.Client(base_url=base, transport=transport, timeout=60)

    def get(self, url: str) -> httpx.Response:
        with self.client() as client:
            return client.get(url)

    def post(self, url: str, **data: str) -> httpx.Response:
        with self.client() as client:
            return client.post(url, data=data)

    def subscribe(self, address: str) -> httpx.Response:
        return self.post("/newsletter/n/evening/subscribe", address=address)


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def behind(composed: House, tmp_path: Path, ports: tuple[int, int]) -> Iterator[House]:
    """The house whose readers find it at nginx, which passes the path on whole or cuts it off."""
    public = f"http://{NGINX_AT}:{ports[0]}/newsletter"
    known = {"NEWSLETTER_PUBLIC_URL": public, "NEWSLETTER_TRUSTED_PROXIES": NGINX_CALLS_FROM}
    strong = {
        "NEWSLETTER_SECRET_KEY": "5f3c9a1e7b2d4c6f8091a2b3c4d5e6f7",
        "NEWSLETTER_EDITOR_PASSWORD": PASSWORD,
    }
    with composed.web(**known, **strong) as web:
        composed.env |= known | strong
        with nginx(tmp_path / "nginx", str(web.base_url).rstrip("/"), ports):
            yield composed


def test_readers_behind_nginx_are_themselves_and_every_link_leads_through_it(
    behind: House, ports: tuple[int, int]
) -> None:
    base, public = f"http://{NGINX_AT}:{ports[0]}", behind.env["NEWSLETTER_PUBLIC_URL"]
    reader, crowd = Visitor("127.0.0.9", ports[0]), Visitor("127.0.0.10", ports[0])

    codes = [crowd.subscribe(f"c{number}@mail.example").status_code for number in range(22)]
    asked = reader.subscribe("new@mail.example")
    (letter,) = [one for one in behind.mail() if one["To"] == "new@mail.example"]
    confirm = link(parts(letter)[1], "/confirm/")
    shown, confirmed = reader.get(confirm), reader.post(confirm)
    behind.worker(NEWSLETTER_AT=LATER)
    behind.ok("send", "--date", "2026-03-03", "--at", LATER)
    (edition,) = [one for one in behind.mail() if one["To"] == "new@mail.example"][1:]
    leave = str(edition["List-Unsubscribe"]).strip(" <>\r\n")
    gone = reader.post(leave, **{"List-Unsubscribe": "One-Click"})

    assert codes == [200] * 20 + [429] * 2
    assert (asked.status_code, shown.status_code, confirmed.status_code) == (200, 200, 200)
    assert confirm.startswith(f"{public}/confirm/")
    assert leave.startswith(f"{public}/unsubscribe/")
    assert gone.text == "Unsubscribed."
    for found in re.findall(rf"{re.escape(base)}[^\s\"<>)]+", parts(edition)[0]):
        assert found.startswith(f"{public}/")
        assert reader.get(found).status_code == 200
    with psycopg.connect(behind.env["NEWSLETTER_DATABASE_URL"]) as connection:
        rows = connection.execute("SELECT event, remote_address FROM consent").fetchall()
    assert {event for event, at in rows if at == "127.0.0.9"} == {
        "asked",
        "confirmed",
        "unsubscribed",
    }
    assert {at for _, at in rows if at} == {"127.0.0.9", "127.0.0.10"}


def test_an_editor_behind_nginx_works_whether_it_cuts_the_path_off_or_not(
    behind: House, ports: tuple[int, int]
) -> None:
    for port in ports:
        thief, editor = Visitor("127.0.0.10", port), Visitor("127.0.0.9", port)
        for _ in range(11):
            thief.post("/newsletter/editor/login", password="wrong")
        with editor.client() as client:
            client.follow_redirects = True
            asked = client.get("/newsletter/editor/")
            opened = client.post("/newsletter/editor/login", data={"password": PASSWORD})
            page = client.get(PAGE)
            (token, *_) = re.findall(r'name="token" value="(\w+)"', page.text)
            (revision, *_) = re.findall(r'name="revision" value="(\d+)"', page.text)
            form = {"token": token, "revision": revision}
            made = client.post(f"{PAGE}/compose", data=form)
            style = client.get("/newsletter/static/style.css")
            mail = client.get(f"{PAGE}/mail")
            left = client.post("/newsletter/editor/logout", data={"token": token})
        locked = thief.post("/newsletter/editor/login", password=PASSWORD)

        assert asked.url.path == left.url.path == "/newsletter/editor/login"
        assert opened.url.path.startswith("/newsletter/editor/evening/")
        assert made.url.path == PAGE
        assert "Composed from what is known now." in made.text
        assert (style.status_code, mail.status_code) == (200, 200)
        assert locked.status_code == 403
