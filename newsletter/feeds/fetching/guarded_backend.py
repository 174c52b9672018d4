"""Connecting to a stranger's server: only to an address that was checked, only for so long."""

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from newsletter.errors import FeedUnavailableError, FeedUnusableError
from newsletter.feeds.fetching.urls import is_allowed


class CheckedBackend(httpcore.SyncBackend):
    """Connects to addresses that were looked up and checked here, all within one limit of time."""

    def __init__(self, *, timeout_s: float, allow_loopback: bool) -> None:
        self._ends_at = time.monotonic() + timeout_s
        self._allow_loopback = allow_loopback

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the time that is left counts
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._allowed_addresses(host, port)
        for address in others:
            try:
                return self._connect(address, port, local_address, socket_options)
            except httpcore.ConnectError:
                continue  # such as an IPv6 address on a machine that has none
        return self._connect(last, port, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        left = max(self._ends_at - time.monotonic(), 0.001)
        stream = super().connect_tcp(address, port, left, local_address, socket_options)
        return _LimitedStream(stream, self._ends_at)

    def _allowed_addresses(self, host: str, port: int) -> list[str]:
        addresses = look_up(host, port)
        for address in addresses:
            if not is_allowed(address, allow_loopback=self._allow_loopback):
                raise FeedUnusableError(
                    f"{host} is at {address}, an address inside a private network."
                )
        return addresses


def look_up(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host. Raises FeedUnavailableError when it has none."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FeedUnavailableError(f"There is no host called {host}.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


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
