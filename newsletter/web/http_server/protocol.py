"""HTTP/1.1 as uvicorn speaks it, with an end to waiting: nobody holds a connection for nothing."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.web.http_server.security_headers import SECURITY_HEADERS

HEADERS_WITHIN_S = 20.0  # A browser sends them in one packet; a bad line may lose it a few times.
TAKEN_WITHIN_S = 60.0  # A client that takes nothing of its answer for so long is gone.


class BoundedProtocol(H11Protocol):
    """Closes a connection whose request line and headers do not come, or whose answer is not taken.

    uvicorn limits neither: a thousand half requests would hold every file descriptor for ever.
    """

    headers_within_s = HEADERS_WITHIN_S
    taken_within_s = TAKEN_WITHIN_S
    _headers_timer: asyncio.TimerHandle | None = None
    _taking_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_headers_timer()
        elif self._headers_timer is None and not self.transport.is_closing():
            self._wait_for_headers()  # the next request on the same connection has begun

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_headers_timer()
        self._stop_taking_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking_timer = self.loop.call_later(self.taken_within_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_taking_timer()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, with the headers of every other answer."""
        self._end_with(400, msg)

    def _stop_headers_timer(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _stop_taking_timer(self) -> None:
        if self._taking_timer is not None:
            self._taking_timer.cancel()
            self._taking_timer = None

    def _wait_for_headers(self) -> None:
        self._headers_timer = self.loop.call_later(self.headers_within_s, self._give_up_waiting)

    def _give_up_waiting(self) -> None:
        self._headers_timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._end_with(408, "The request did not arrive in time.")

    def _end_with(self, status: int, sentence: str) -> None:
        headers = [(name.lower(), value) for name, value in SECURITY_HEADERS.items()]
        headers += [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
        events: list[Any] = [
            h11.Response(status_code=status, headers=headers),
            h11.Data(data=sentence.encode()),
            h11.EndOfMessage(),
        ]
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
