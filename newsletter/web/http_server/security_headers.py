"""What holds for every answer, whoever makes it: security headers, and never a traceback."""

import logging

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.errors import NewsletterError
from newsletter.web.error_handlers import error_page
from newsletter.web.http_server.request_limits import RequestLimits

_log = logging.getLogger(__name__)

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# A mail shown in a page brings its own styles and photos, and may do nothing else.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src https: http: data:; frame-ancestors 'self'"
)
# What every answer says, unless the page says something else of its own.
SECURITY_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Addresses hold tokens: they go to nobody else.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def add_security_headers(app: FastAPI) -> None:
    """Put the frame around every answer of the application: the one added last is the outermost."""
    app.add_middleware(RequestLimits)
    app.add_middleware(SecurityHeaders)


class SecurityHeaders:
    """Adds the headers, and answers what nobody foresaw with a page.

    It is the application's outermost part but Starlette's own last resort, whose answers would have
    no headers; so nothing is left for that to do.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_begun = False

        async def send_framed(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                _add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        except Exception:  # noqa: BLE001  # the last resort: no traceback reaches a reader
            _log.exception("a page failed")
            if not is_begun:
                await error_page(NewsletterError.replacement, NewsletterError.http_status)(
                    scope, receive, send_framed
                )


def _add_headers(headers: MutableHeaders, path: str) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if not path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
