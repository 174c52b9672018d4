"""A relay that takes its time, and what the ledger says beside it."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from aiosmtpd.controller import Controller

from newsletter.embedded.shared_server import free_port
from tests.features.house import House
from tests.patience import HANGS_S

_MESSAGE_ID = re.compile(rb"(?i)^message-id:\s*<(.+?)>", re.M)


@dataclass
class SlowRelay:
    """Takes every message after a pause, and remembers for whom, and its Message-ID.

    After limit messages it answers none until is_open says yes or the limit is taken away, so that
    a run is in its middle for as long as a test needs. replies are answered to the messages for
    those addresses; "" hangs up without a word.
    """

    pause_s: float = 0.05
    limit: int | None = None
    is_open: Callable[[], bool] = lambda: False
    taken: list[str] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)

    async def handle_DATA(self, server: Any, _session: object, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.pause_s)
        while self._is_closed():  # noqa: ASYNC110  # the test opens it, in its own thread
            await asyncio.sleep(0.1)
        (address,) = envelope.rcpt_tos
        reply = self.replies.get(address, "250 2.0.0 taken")
        if not reply:
            server.transport.abort()
        if not reply.startswith("5"):
            self.taken.append(address)
            found = _MESSAGE_ID.search(envelope.content)
            assert found
            self.message_ids.append(found[1].decode())
        return reply or "421 gone"

    def _is_closed(self) -> bool:
        return self.limit is not None and len(self.taken) >= self.limit and not self.is_open()


@contextmanager
def slow(
    house: House, *, readers: int, pause_s: float = 0.05, limit: int | None = None
) -> Iterator[SlowRelay]:
    """The relay of a composed house, which has so many readers in all."""
    relay = SlowRelay(pause_s, limit)
    port = free_port()
    controller = Controller(relay, hostname="127.0.0.1", port=port, ready_timeout=HANGS_S)
    controller.start()
    house.env["NEWSLETTER_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
    lines = "".join(f"reader{number}@mail.example\n" for number in range(readers - 3))
    if lines:
        house.ok("subscribers", "import", "-", stdin=lines)
    try:
        yield relay
    finally:
        house.end()
        controller.stop()


def edition_status(house: House) -> str:
    """The status of the only edition, as it stands in the database."""
    with psycopg.connect(house.env["NEWSLETTER_DATABASE_URL"]) as connection:
        row = connection.execute("SELECT status FROM edition").fetchone()
    assert row
    return str(row[0])


def counts(house: House, at: str) -> dict[str, int]:
    """The last edition's deliveries by state; states of none are left out."""
    told = house.ok("status", "--json", "--at", at).json()
    deliveries: dict[str, int] = told["newsletters"][0]["editions"][0]["deliveries"]
    return {state: count for state, count in deliveries.items() if count}
