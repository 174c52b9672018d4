"""Fetching a document over HTTP from a stranger: only public addresses, within limits."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from newsletter.errors import FeedUnavailableError, FeedUnusableError

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """What a fetch may cost and where it may go. timeout_s is for the whole document."""

    timeout_s: float = 20.0
    max_body_bytes: int = 10_000_000
    max_redirects: int = 5
    allow_loopback: bool = False
    user_agent: str = "newsletter/0.1 (feed reader)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a server sent. url is where it was found in the end; moved_to where it now lives.

    is_unchanged: the server said 304, so body is empty.
    """

    url: str
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    moved_to: str = ""
    is_unchanged: bool = False


class RefusedByServerError(FeedUnavailableError):
    """The server answered with an error. wait is how long it asks to be left alone, if it does."""

    def __init__(self, text: str, *, status: int, wait: timedelta | None = None) -> None:
        self.status = status
        self.wait = wait
        super().__init__(text)


@dataclass(slots=True)
class Fetcher:
    """Fetches documents under one policy. Close it, or use it in a with statement."""

    policy: FetchPolicy
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        transport = httpx.HTTPTransport(retries=0)
        # The pool is told how to connect, so that the address checked is the address used.
        transport._pool = httpcore.ConnectionPool(  # noqa: SLF001  # httpx offers no other way
            ssl_context=ssl.create_default_context(),
            max_connections=20,
            max_keepalive_connections=0,  # a connection and its deadline serve one document
            network_backend=_CheckedBackend(self.policy),
        )
        self._client = httpx.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=self.policy.timeout_s,
            headers={
                "User-Agent": self.policy.user_agent,
                "Accept": "application/feed+json, application/rss+xml, application/atom+xml, "
                "application/xml;q=0.9, application/json;q=0.9, text/html;q=0.8, */*;q=0.1",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Document:
        """The document at url, unless it is the one that etag or last_modified stand for.

        Raises FeedUnavailableError (RefusedByServerError with its status) when it cannot be had
        now, FeedUnusableError when it is not for us: too large, a private address, no web address.
        """
        headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in headers.items() if value}
        moved_to, is_permanent = "", True
        for _ in range(self.policy.max_redirects + 1):
            _check_scheme(url)
            with self._answer(url, headers) as response:
                if response.status_code not in _REDIRECTS or "location" not in response.headers:
                    return self._document(response, moved_to)
                is_permanent = is_permanent and response.status_code in _PERMANENT
                url = urljoin(url, response.headers["location"])
                moved_to = url if is_permanent else moved_to
        raise FeedUnavailableError(
            f"It redirects more than {self.policy.max_redirects} times, perhaps in a circle."
        )

    @contextmanager
    def _answer(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The response, its body still to be read; what goes wrong is said in words."""
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                yield response
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.ProtocolError) as error:
            raise _in_words(error) from error

    def _document(self, response: httpx.Response, moved_to: str) -> Document:
        kept = {
            "url": str(response.url),
            "moved_to": moved_to,
            "etag": response.headers.get("etag", ""),
            "last_modified": response.headers.get("last-modified", ""),
        }
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return Document(**kept, is_unchanged=True)
        if response.status_code != httpx.codes.OK:
            raise _refusal(response)
        body = _body(response, self.policy)
        return Document(**kept, body=body, content_type=response.headers.get("content-type", ""))


def _body(response: httpx.Response, policy: FetchPolicy) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():  # unpacked already: a small gzip may hold a huge feed
        size += len(part)
        if size > policy.max_body_bytes:
            raise FeedUnusableError(
                f"It is larger than {policy.max_body_bytes / 1e6:g} MB, which no feed needs."
            )
        parts.append(part)
    return b"".join(parts)


class _CheckedBackend(httpcore.SyncBackend):
    """Connects to addresses that were looked up and checked here, each for a limited time."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._checked(host, port)
        ends_at = time.monotonic() + self._policy.timeout_s
        stream = super().connect_tcp(address, port, timeout, local_address, socket_options)
        return _LimitedStream(stream, ends_at)

    def _checked(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise FeedUnavailableError(f"There is no host called {host}.") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if not is_allowed(address, allow_loopback=self._policy.allow_loopback):
                raise FeedUnusableError(
                    f"{host} is at {address}, an address inside a private network."
                )
        return addresses[0]


class _LimitedStream(httpcore.NetworkStream):
    """A stream that ends at a moment, so that a server cannot drip for ever."""

    def __init__(self, stream: httpcore.NetworkStream, ends_at: float) -> None:
        self._stream = stream
        self._ends_at = ends_at

    def _left(self, timeout: float | None) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _LimitedStream(stream, self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def is_allowed(address: str, *, allow_loopback: bool) -> bool:
    """Whether a fetch may connect to this IP address: public, or loopback where that is allowed."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return allow_loopback
    return ip.is_global and not ip.is_multicast


def _check_scheme(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise FeedUnusableError(f"{url[:200]} is not a web address (http:// or https://).")


def _refusal(response: httpx.Response) -> RefusedByServerError:
    status = response.status_code
    words = {
        401: "It asks for a password (401).",
        403: "It refuses us (403).",
        404: "There is nothing at this address (404).",
        410: "It is gone for good (410); remove the feed.",
        429: "It says that we ask too often (429).",
    }
    usual = f"Its server has trouble ({status})." if status >= 500 else f"It answered {status}."  # noqa: PLR2004  # HTTP's server errors
    return RefusedByServerError(words.get(status, usual), status=status, wait=_wait(response))


def _wait(response: httpx.Response) -> timedelta | None:
    """What Retry-After asks for, a number of seconds or a date (RFC 9110, 10.2.3)."""
    asked = response.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return timedelta(seconds=min(int(asked), 86_400))
    try:
        until = parsedate_to_datetime(asked) - parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(timedelta(0), min(until, timedelta(days=1)))


def _in_words(error: Exception) -> FeedUnavailableError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FeedUnavailableError(f"Its certificate is not valid: {cause.verify_message}.")
        if isinstance(cause, ssl.SSLError):
            return FeedUnavailableError("No secure connection can be made (TLS).")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return FeedUnavailableError("It did not answer in time.")
    if isinstance(error, httpx.ConnectError):
        return FeedUnavailableError("Nothing answers at this address.")
    if isinstance(error, httpx.DecodingError):
        return FeedUnavailableError("What it sent cannot be unpacked.")
    return FeedUnavailableError("The connection broke off.")
