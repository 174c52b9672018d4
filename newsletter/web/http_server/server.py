"""The pages, served: says when it is ready, and ends without taking anything else along."""

import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from newsletter.web.http_server.protocol import BoundedProtocol

# What is being answered when it is asked to end may take so long; containers kill after ten.
END_WITHIN_S = 8
MAX_HEADER_BYTES = 16_384  # Of a request; a browser with many cookies sends four thousand.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(app: FastAPI, sockets: list[socket.socket], *, when_ready: Callable[[], None]) -> None:
    """Serve until a signal asks for the end; when_ready is called once requests are answered.

    It returns, also after a signal, so that whoever called it ends what it has started.
    """
    settings = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application reads them itself, from trusted proxies
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=END_WITHIN_S,
    )
    _Server(settings, when_ready).run(sockets)


class _Server(uvicorn.Server):
    def __init__(self, settings: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._when_ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Heed the signals; uvicorn's own raises them again, which kills the process at once."""
        before = {number: signal.getsignal(number) for number in _ENDING}
        for number in _ENDING:
            if before[number] is not signal.SIG_IGN:  # nohup, and shells in the background
                signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; the second time at once, without waiting for what is being answered."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True
