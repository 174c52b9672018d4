"""The sample newsroom over real HTTP on loopback, with two feeds that are not well."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from newsletter.sample.formats import feed, page
from newsletter.sample.newsroom import articles, outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFeed:
    """A feed of the running newsroom, as ops would add it."""

    url: str
    source: str
    section: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    media_type: str
    body: bytes
    status: int = 200


@contextmanager
def newsroom(now: datetime, *, base: str = "") -> Iterator[tuple[SampleFeed, ...]]:
    """The feeds of a newsroom that answers until the end of the with statement.

    base is the address below which somebody shows its pages afterwards; "": nobody does.
    """
    routes = _routes(now, base)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(routes))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield _feeds(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _feeds(base: str) -> tuple[SampleFeed, ...]:
    found = []
    for outlet in outlets():
        told = {"source": outlet.name, "section": outlet.section, "language": outlet.language}
        found.append(SampleFeed(url=f"{base}/{outlet.slug}/feed", **told))
        found += [
            SampleFeed(url=f"{base}/{outlet.slug}{one.path}", **told)
            for one in articles(outlet)
            if one.is_page
        ]
    # Two that every newsroom's list has: one is down, one has moved and left a page behind.
    found.append(SampleFeed(url=f"{base}/courier/feed", source="The Northern Courier"))
    found.append(SampleFeed(url=f"{base}/lantern/feed", source="The Daily Lantern"))
    return tuple(found)


def _routes(now: datetime, base: str) -> dict[str, _Answer]:
    routes = {
        "/courier/feed": _Answer("text/plain", b"", 500),
        "/lantern/feed": _Answer("text/html", b"<!DOCTYPE html><title></title><p>Moved."),
    }
    for outlet in outlets(base):
        media_type, text = feed(outlet, now)
        routes[f"/{outlet.slug}/feed"] = _Answer(f"{media_type}; charset=utf-8", text.encode())
        for one in articles(outlet):
            if one.is_page:
                answer = _Answer("text/html; charset=utf-8", page(outlet, one, now).encode())
                routes[f"/{outlet.slug}{one.path}"] = answer
    return routes


def _handler(routes: dict[str, _Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = routes.get(self.path, _Answer("text/plain", b"", 404))
            body = gzip.compress(found.body)
            self.send_response(found.status)
            self.send_header("Content-Type", found.media_type)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The demo's own report says what was read."""

    return Handler
