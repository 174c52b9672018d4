"""How long a relay that ends each connection after some messages takes, beside one that does not.

    python -m benchmarks.capped --messages 5000 --caps 0 1 5 20

The relay is Python in a process of its own and hangs up without a 421. Each relay is new to the
client, which has to learn its cap; runs are interleaved, medians of messages a second.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.client import Letters
from benchmarks.tls_sink import Session
from newsletter.mail.smtp import Envelope, RelaySet, send_all

CONNECTIONS = 8  # Those of one worker process.


class Capped(Session):
    """One connection that the relay ends after so many messages; 0 is never."""

    def __init__(self, cap: int) -> None:
        super().__init__()
        self._cap = cap
        self._taken = 0

    def data_received(self, data: bytes) -> None:
        if not self._transport.is_closing():
            super().data_received(data)

    def _next(self) -> bytes | None:
        if self._transport.is_closing():
            return None
        was_message = self._is_message
        answer = super()._next()
        self._taken += was_message and answer is not None
        if answer is not None and self._taken == self._cap > 0:
            self._transport.write(answer)
            self._transport.close()
            return None
        return answer


class Queue(Letters):
    """Letters of which some may come back."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._back: deque[Envelope] = deque()

    def next_message(self) -> Envelope | None:
        return self._back.popleft() if self._back else super().next_message()

    def give_back(self, envelope: Envelope) -> None:
        self._back.append(envelope)

    async def wait_for_message(self) -> bool:
        return bool(self._back) or await super().wait_for_message()


def main() -> None:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--caps", type=int, nargs="+", default=[0, 1, 5, 20])
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    seconds: dict[int, list[float]] = {cap: [] for cap in told.caps}
    for _ in range(told.runs):
        for cap in told.caps:
            with relay(cap) as port:
                seconds[cap].append(send(port, told.messages))
    print(json.dumps({str(cap): summary(told.messages, each) for cap, each in seconds.items()}))


def summary(messages: int, seconds: list[float]) -> dict[str, Any]:
    """The median of the runs."""
    median = statistics.median(seconds)
    return {"seconds": round(median, 2), "per_second": round(messages / median)}


def send(port: int, messages: int) -> float:
    """How many seconds all of them take; each is answered by 250, once."""
    letters = Queue(messages)
    started = time.perf_counter()
    relays = RelaySet.parse(f"smtp://127.0.0.1:{port}")
    asyncio.run(send_all(relays, letters, count=CONNECTIONS))
    assert letters.sent == messages
    return time.perf_counter() - started


@contextmanager
def relay(cap: int) -> Iterator[int]:
    """Its port; it runs in a process of its own until the end of the with statement."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(cap, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(cap: int, pipe: Connection) -> None:
    asyncio.run(_listen(cap, pipe))


async def _listen(cap: int, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Capped, cap), "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    main()
