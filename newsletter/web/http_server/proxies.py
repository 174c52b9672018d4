"""What stands between a reader and us: proxies that say who he is, and a path that they cut off."""

import logging
from collections.abc import Iterable
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.domain.client_address import TrustedProxies

_log = logging.getLogger(__name__)
_root_path: ContextVar[str] = ContextVar("root_path", default="")


def root_path() -> str:
    """Return the path under which readers find this site, "" at the top of its host."""
    return _root_path.get()


class BehindProxies:
    """Gives the application each request as the reader made it.

    The client's address and scheme are the reader's where a trusted proxy tells them. The root path
    is taken off, whether the proxy has done so or not, and put before where a redirect leads.
    """

    def __init__(self, app: ASGIApp, *, trusted: TrustedProxies, root_path: str) -> None:
        self._app = app
        self._trusted = trusted
        self._root_path = root_path
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, **self._seen_by_reader(scope), **self._below_root(scope)}

        async def send_below_root(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [self._moved(*header) for header in message.get("headers", ())]
                message = {**message, "headers": headers}
            await send(message)

        token = _root_path.set(self._root_path)
        try:
            await self._app(scope, receive, send_below_root)
        finally:
            _root_path.reset(token)

    def _seen_by_reader(self, scope: Scope) -> Scope:
        """The client and the scheme, as trusted proxies tell them."""
        peer, port = scope.get("client") or ("", 0)
        forwarded_for = _values(scope, b"x-forwarded-for")
        is_trusted = self._trusted.is_trusted(peer)
        if forwarded_for and not is_trusted:
            self._warn(peer)
        client = self._trusted.find_client(peer, forwarded_for)
        seen: Scope = {"client": (client, 0 if forwarded_for and is_trusted else port)}
        # The first of several is what the reader used; whether that is true matters to him alone.
        protocols = ",".join(_values(scope, b"x-forwarded-proto")).split(",")
        scheme = protocols[0].strip().lower()
        if is_trusted and scheme in {"http", "https"}:
            seen["scheme"] = scheme
        return seen

    def _below_root(self, scope: Scope) -> Scope:
        """The path without the root path, and without a slash at its end."""
        path = scope["path"]
        if path == self._root_path or path.startswith(f"{self._root_path}/"):
            path = path[len(self._root_path) :]
        return {"path": path.rstrip("/") or "/"}

    def _moved(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        is_path = name.lower() == b"location" and value.startswith(b"/")
        return name, self._root_path.encode() + value if is_path else value

    def _warn(self, peer: str) -> None:
        """Say once what a proxy that nobody named costs: all its readers count as one."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "X-Forwarded-For came from %s, which is not trusted, and is not believed. If that "
                "is your proxy, set NEWSLETTER_TRUSTED_PROXIES to its address or network: until "
                "then all readers behind it count as one.",
                peer,
            )


def _values(scope: Scope, name: bytes) -> list[str]:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value.decode("latin-1") for key, value in headers if key == name]
