"""What a request may be: text that can be read, no larger than a form, and finished in time."""

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.error_handlers import error_page

MAX_BODY_BYTES = 64_000  # The largest form has an address, a name and a note.
# What is too large is read to its end, up to this, so that a browser sees the answer: one that is
# still sending when the connection closes shows an error of its own.
MAX_DISCARDED_BYTES = 2_000_000
# 64 kB take eight seconds on the slowest line that a phone still has (64 kbit/s).
BODY_WITHIN_S = 20.0

# A form goes nowhere else; one click may come in parts (RFC 8058 3.1).
_FORM = "application/x-www-form-urlencoded"
_NUL = re.compile(rb"\x00")


class RequestRefusedError(Exception):
    """The request is not even looked at; status and sentence are the answer."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status, self.sentence = status, sentence
        super().__init__(sentence)


class RequestLimits:
    """Reads the whole request before the application sees it, or refuses it in words.

    A body is at most 64 kB, so it is held in memory; body_within_s is how long all of it may take.
    """

    def __init__(self, app: ASGIApp, *, body_within_s: float = BODY_WITHIN_S) -> None:
        self._app = app
        self._body_within_s = body_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_address(scope)
            body = await self._body(Headers(scope=scope), receive)
        except RequestRefusedError as refused:
            answer = error_page(refused.sentence, refused.status)
            # What it still sends is not read, so nothing else can come on this connection.
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body; None when the client went away before its end."""
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise RequestRefusedError(400, "The length of what you sent cannot be read.")
        if int(length[:20]) > MAX_DISCARDED_BYTES:
            raise RequestRefusedError(413, "This is more than a form holds.")
        try:
            async with asyncio.timeout(self._body_within_s):
                body = await _read(receive)
        except TimeoutError as error:
            sentence = "What you sent did not arrive in time. Please try again."
            raise RequestRefusedError(408, sentence) from error
        if body is not None:
            _check_body(headers, body)
        return body


def _check_address(scope: Scope) -> None:
    """Refuse a path or a query that is not text."""
    for part in (scope.get("raw_path") or b"", scope["query_string"]):
        if not _is_text(unquote_to_bytes(part)):
            raise RequestRefusedError(400, "This address cannot be read. Was it copied whole?")


def _check_body(headers: Headers, body: bytes) -> None:
    """Refuse a form whose fields are not text; what is no form is for the handler to read."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    decoded = unquote_to_bytes(body) if kind == _FORM else body
    is_form = kind == _FORM or kind.startswith("multipart/")
    if is_form and not _is_text(decoded):
        raise RequestRefusedError(400, "What you sent holds characters that are not text.")


def _is_text(data: bytes) -> bool:
    """Whether it is UTF-8 that PostgreSQL can store: it has no NUL."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _NUL.search(data) is None


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the client went away. Raises RequestRefusedError for a long one."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        data = message.get("body", b"")
        size += len(data)
        if size <= MAX_BODY_BYTES:
            parts.append(data)
        is_last = not message.get("more_body", False)
        if size > MAX_DISCARDED_BYTES or (is_last and size > MAX_BODY_BYTES):
            raise RequestRefusedError(413, "This is more than a form holds.")
        if is_last:
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand out the body once, and then whatever comes after it."""
    messages: Iterable[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    waiting = iter(messages)

    async def replayed() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return replayed
