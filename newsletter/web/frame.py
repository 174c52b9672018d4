"""What holds for every answer: security headers, and nothing larger than a form comes in."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

MAX_BODY_BYTES = 64_000

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# A mail shown in a page brings its own styles and photos, and may do nothing else.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src https: http: data:; frame-ancestors 'self'"
)

Next = Callable[[Request], Awaitable[Response]]


def add_frame(app: FastAPI) -> None:
    """Put the frame around every answer of the application."""
    app.middleware("http")(_framed)


async def _framed(request: Request, call_next: Next) -> Response:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        return PlainTextResponse("This is more than a form holds.", status_code=413)
    if "transfer-encoding" in request.headers:
        return PlainTextResponse("Send it with a length.", status_code=411)
    response = await call_next(request)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Addresses hold tokens: they go to nobody else.
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if not request.url.path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
    return response
