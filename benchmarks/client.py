"""How fast the SMTP client alone hands messages over, beside the best of smtp-source.

    python -m benchmarks.client --json
    python -m benchmarks.client --delay-ms 20
    python -m benchmarks.client --tls

One process, one sink, interleaved runs, medians. With a delay both go through the same proxy, which
holds each byte for half the round trip; what the proxy could carry is measured too. The TLS sink is
Python, and slower than the client, so what is compared is the client's processor time a message.
"""

import argparse
import asyncio
import json
import statistics
import time
from typing import Any

from benchmarks.delay import delayed
from benchmarks.sinks import SESSIONS, sink, source
from benchmarks.tls_sink import tls_sink
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.mail.smtp import Envelope, RelaySet, send_all

MESSAGE_BYTES = 30_000
CONNECTIONS = 16  # To the TLS sink; more of them bring nothing on loopback.
FAR_CONNECTIONS = 32


class Letters:
    """A supply of the same message for so many recipients."""

    def __init__(self, count: int) -> None:
        line = b"x" * 76 + b"\r\n"
        header = b"From: <a@press.example>\r\nSubject: A benchmark\r\n\r\n"
        self._content = header + line * ((MESSAGE_BYTES - len(header)) // len(line))
        self._count = count
        self._given = 0
        self.sent = 0

    def next_message(self) -> Envelope | None:
        if self._given == self._count:
            return None
        self._given += 1
        recipient = f"reader{self._given}@mail.example"
        return Envelope(self._given, "a@press.example", recipient, self._content)

    def confirm_start(self, envelope: Envelope) -> bool:
        return envelope.key > 0

    def give_back(self, envelope: Envelope) -> None:
        raise AssertionError(envelope)

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        assert reply.code == 250, (envelope.key, reply)
        self.sent += 1

    async def wait_for_message(self) -> bool:
        return self._given < self._count


def client(url: str, *, messages: int, connections: int) -> tuple[float, float]:
    """Messages a second of our client, and microseconds of its processor time for each."""
    letters = Letters(messages)
    started, worked = time.perf_counter(), time.process_time()
    asyncio.run(send_all(RelaySet.parse(url), letters, count=connections))
    seconds, worked_s = time.perf_counter() - started, time.process_time() - worked
    assert letters.sent == messages
    return messages / seconds, worked_s / messages * 1e6


def near(messages: int, runs: int) -> dict[str, Any]:
    """On loopback, both with the number of connections that suits them best."""
    with sink() as (relay, _):
        return beside(relay, messages, runs, counts=SESSIONS)


def far(messages: int, runs: int, *, delay_ms: float) -> dict[str, Any]:
    """Over a link with that round trip, and as many connections for both."""
    with sink() as (relay, _), delayed(relay, delay_ms) as link, delayed(relay, 0) as wire:
        result = beside(link, messages, runs, counts=(FAR_CONNECTIONS,))
        limits = [
            client(f"smtp://{wire}", messages=messages, connections=FAR_CONNECTIONS)[0]
            for _ in range(runs)
        ]
    return result | {
        "delay_ms": delay_ms,
        "connections": FAR_CONNECTIONS,
        "proxy_messages_per_second": round(statistics.median(limits)),
    }


def beside(relay: str, messages: int, runs: int, *, counts: tuple[int, ...]) -> dict[str, Any]:
    """The medians of so many runs. In each, both have a turn with each number of connections, one
    after the other, and the best turn of either counts.
    """
    ours: list[float] = []
    theirs: list[float] = []
    worked: list[float] = []
    for _ in range(runs):
        rates, sources = [], []
        for count in counts:
            rate, each_us = client(f"smtp://{relay}", messages=messages, connections=count)
            rates.append(rate)
            worked.append(each_us)
            sources.append(
                source(relay, messages=messages, size=MESSAGE_BYTES, sessions=count, is_kept=True)
            )
        ours.append(max(rates))
        theirs.append(max(sources))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "client_messages_per_second": round(statistics.median(ours)),
        "smtp_source_best": round(statistics.median(theirs)),
        "client_ratio": round(statistics.median(ratios), 2),
        "client_cpu_us": round(statistics.median(worked), 1),
    }


def under_tls(messages: int, runs: int) -> dict[str, Any]:
    """The client's processor time for a message with TLS and without, to the same kind of sink."""
    plain: list[tuple[float, float]] = []
    private: list[tuple[float, float]] = []
    with tls_sink(is_tls=False) as clear, tls_sink(is_tls=True) as secret:
        for _ in range(runs):
            for url, figures in ((f"smtp://{clear}", plain), (f"smtps://{secret}", private)):
                figures.append(client(url, messages=messages, connections=CONNECTIONS))
    cost = [one[1] / other[1] for one, other in zip(private, plain, strict=True)]
    return {
        "plain_messages_per_second": round(statistics.median(one for one, _ in plain)),
        "tls_messages_per_second": round(statistics.median(one for one, _ in private)),
        "plain_cpu_us": round(statistics.median(one for _, one in plain), 1),
        "tls_cpu_us": round(statistics.median(one for _, one in private), 1),
        "tls_cpu_ratio": round(statistics.median(cost), 2),
    }


def main() -> None:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=20_000, help="in each run")
    parser.add_argument("--runs", type=int, default=5, help="interleaved; the median counts")
    parser.add_argument("--delay-ms", type=float, default=0, help="round trip of a slow link")
    parser.add_argument("--tls", action="store_true", help="what TLS costs the client")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    if told.tls:
        result = under_tls(told.messages, told.runs)
    elif told.delay_ms:
        result = far(told.messages, told.runs, delay_ms=told.delay_ms)
    else:
        result = near(told.messages, told.runs)
    result |= {"messages": told.messages, "runs": told.runs}
    if told.json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:<28}{value}")


if __name__ == "__main__":
    main()
