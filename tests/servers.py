"""A scriptable web server on loopback: what each path answers is set by the test."""

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What a path answers. drip_s is the pause after each byte of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip_s: float = 0
    is_cut_short: bool = False


@dataclass
class Request:
    path: str
    headers: dict[str, str]


class WebServer:
    """Answers on 127.0.0.1; asked lists the requests in the order in which they came."""

    def __init__(self, server: ThreadingHTTPServer, scheme: str) -> None:
        self._scheme = scheme
        self._port = server.server_address[1]
        self._routes: dict[str, Answer | Callable[[Request], Answer]] = {}
        self.asked: list[Request] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self._port}{path}"

    def serve(
        self, path: str, body: bytes | str = b"", *, status: int = 200, **headers: str
    ) -> str:
        """Answer so at path; underscores in the headers' names stand for hyphens."""
        raw = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._routes[path] = Answer(raw, status, named)
        return self.url(path)

    def script(self, path: str, answer: Answer | Callable[[Request], Answer]) -> str:
        """Answer at path with this, or with what it gives for each request."""
        self._routes[path] = answer
        return self.url(path)

    def paths_asked(self) -> list[str]:
        return [request.path for request in self.asked]

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.asked.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        route = self._routes.get(request.path, Answer(b"nothing here", 404))
        return route if isinstance(route, Answer) else route(request)

    def answered(self) -> None:
        with self._lock:
            self._at_once -= 1


@contextmanager
def web_server(*, tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A server that runs until the end of the with statement."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web = WebServer(server, "https" if tls else "http")
    server.web = web  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def packed(body: bytes) -> bytes:
    return gzip.compress(body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        web: WebServer = self.server.web  # type: ignore[attr-defined]
        answer = web.answer(Request(self.path, {k.lower(): v for k, v in self.headers.items()}))
        try:
            self._send(answer)
        except OSError:
            pass  # the client has had enough, as it should of a slow or endless answer
        finally:
            web.answered()

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        claimed = len(answer.body) + (10 if answer.is_cut_short else 0)
        self.send_header("Content-Length", str(claimed))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if not answer.drip_s:
            self.wfile.write(answer.body)
            return
        for byte in answer.body:
            self.wfile.write(bytes([byte]))
            time.sleep(answer.drip_s)

    def log_message(self, *_: object) -> None:
        """Say nothing: a test's output is for what went wrong."""
