"""A link of some length: a proxy in its own process that holds every byte for half a round trip.

python -m benchmarks.delay 127.0.0.1:2500 20
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial


class End(asyncio.Protocol):
    """One end of a connection through the link; what comes in here leaves at the other, later."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] | None = []  # until the other end is there
        self.other: End | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def joined(self, other: "End") -> None:
        """The other end is there."""
        self.other = other
        waiting, self._waiting = self._waiting or [], None
        for data in waiting:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        if self._waiting is not None:
            self._waiting.append(data)
        elif self.other is not None:
            self._later(self.other.transport.write, data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self.other is not None:
            self._later(self.other.transport.close)

    def _later(self, what: object, *data: bytes) -> None:
        assert callable(what)
        if self._delay_s:
            self._loop.call_later(self._delay_s, what, *data)
        else:
            what(*data)


class Door(End):
    """The end that clients connect to."""

    def __init__(self, delay_s: float, host: str, port: int) -> None:
        super().__init__(delay_s)
        self._target = host, port
        self._joining: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._joining = self._loop.create_task(self._join())

    async def _join(self) -> None:
        _, far = await self._loop.create_connection(lambda: End(self._delay_s), *self._target)
        far.joined(self)
        self.joined(far)


@contextmanager
def delayed(relay: str, round_trip_ms: float) -> Iterator[str]:
    """The host:port at which relay is reached with that round trip."""
    command = [sys.executable, "-m", "benchmarks.delay", relay, str(round_trip_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


async def serve(relay: str, round_trip_ms: float) -> None:
    """Say where it listens, and carry on until the process is ended."""
    host, _, port = relay.rpartition(":")
    door = partial(Door, round_trip_ms / 2_000, host, int(port))
    server = await asyncio.get_running_loop().create_server(door, "127.0.0.1", 0)
    listening = server.sockets[0].getsockname()
    print(f"{listening[0]}:{listening[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2])))
