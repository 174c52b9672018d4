"""Fetching a document over HTTP from a stranger: only public addresses, within limits."""

import math
import ssl
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from newsletter.errors import FeedUnavailableError, FeedUnusableError
from newsletter.feeds.fetching.decompress import Decompressor, decompress
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.feeds.fetching.guarded_backend import CheckedBackend

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_ACCEPT = (
    "application/feed+json, application/rss+xml, application/atom+xml, application/xml;q=0.9, "
    "application/json;q=0.9, text/html;q=0.8, */*;q=0.1"
)
MAX_HEADER = 500  # An ETag is some forty characters; what is longer is not worth sending back.


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedDocument:
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


class Fetcher:
    """Fetches documents under one policy; may be used by several threads at once."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._tls = ssl.create_default_context()  # 50 ms to make, so it is made once

    def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> FetchedDocument:
        """Return the document at url, unless it is the one that etag or last_modified stand for.

        Its body is unpacked: from the transfer's encoding, and when it is a gzip file by itself.

        Raises FeedUnavailableError (RefusedByServerError with its status) when it cannot be had
        now, FeedUnusableError when it is not for us: too large, a private address, no web address.
        """
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in asked.items() if value}
        document = self._request(url, headers, math.inf)
        max_bytes = self._policy.max_body_bytes
        return replace(document, body=decompress(document.body, max_bytes=max_bytes))

    def fetch_head(self, url: str, *, enough_bytes: int) -> bytes:
        """Return what is at url up to some enough_bytes; the rest is not read. Raises as fetch."""
        return self._request(url, {}, enough_bytes).body

    def _request(self, url: str, headers: dict[str, str], enough_bytes: float) -> FetchedDocument:
        try:
            with self._client() as client:
                return self._follow_redirects(client, url, headers, enough_bytes)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FeedUnusableError(f"{url[:200]} is not a web address.") from error
        except (httpx.HTTPError, httpcore.ProtocolError) as error:
            raise _error_in_words(error) from error

    def _follow_redirects(
        self, client: httpx.Client, url: str, headers: dict[str, str], enough_bytes: float
    ) -> FetchedDocument:
        moved_to, is_permanent = "", True
        for _ in range(self._policy.max_redirects + 1):
            _check_scheme(url)
            with client.stream("GET", url, headers=headers) as response:
                location = response.headers.get("location", "")
                if response.status_code not in _REDIRECTS or not location:
                    return _document(response, moved_to, self._policy, enough_bytes)
            is_permanent = is_permanent and response.status_code in _PERMANENT
            url = _join_url(url, location)
            moved_to = url if is_permanent else moved_to
        raise FeedUnavailableError(
            f"It redirects more than {self._policy.max_redirects} times, perhaps in a circle."
        )

    def _client(self) -> httpx.Client:
        """Return a client for one document: its connections share one limit of time."""
        transport = httpx.HTTPTransport(verify=self._tls, retries=0)
        # The pool is told how to connect, so that the address checked is the address used.
        transport._pool = httpcore.ConnectionPool(  # noqa: SLF001  # httpx offers no other way
            ssl_context=self._tls,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(
                timeout_s=self._policy.timeout_s, allow_loopback=self._policy.allow_loopback
            ),
        )
        return httpx.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=self._policy.timeout_s,
            headers={
                "User-Agent": self._policy.user_agent,
                "Accept": _ACCEPT,
                "Accept-Encoding": "gzip, deflate",
            },
        )


def _document(
    response: httpx.Response, moved_to: str, policy: FetchPolicy, enough_bytes: float
) -> FetchedDocument:
    document = FetchedDocument(
        url=str(response.url),
        moved_to=moved_to,
        content_type=_header(response, "content-type"),
        etag=_header(response, "etag"),
        last_modified=_header(response, "last-modified"),
        is_unchanged=response.status_code == httpx.codes.NOT_MODIFIED,
    )
    if document.is_unchanged:
        return document
    if response.status_code != httpx.codes.OK:
        raise _refusal(response)
    decompressor = Decompressor(
        response.headers.get("content-encoding", ""), max_bytes=policy.max_body_bytes
    )
    for part in response.iter_raw():
        decompressor.add(part)
        if response.num_bytes_downloaded >= enough_bytes:
            break
    return replace(document, body=decompressor.body())


def _header(response: httpx.Response, name: str) -> str:
    """Return the header, or "" when it is one that we could not send back or store."""
    value = response.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= MAX_HEADER else ""


def _join_url(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise FeedUnavailableError("It redirects to something that is no address.") from error


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
    """Return what Retry-After asks for, a number of seconds or a date (RFC 9110, 10.2.3)."""
    asked = response.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return timedelta(seconds=min(int(asked), 86_400))
    try:
        until = parsedate_to_datetime(asked) - parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(timedelta(0), min(until, timedelta(days=1)))


def _error_in_words(error: Exception) -> FeedUnavailableError:
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
    return FeedUnavailableError("The connection broke off.")
