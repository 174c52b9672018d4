"""How fast an edition leaves, all of it real, beside the best of smtp-source on the same sink.

    python -m benchmarks.send --subscribers 100000 --json

PostgreSQL, Redis and Celery workers are embedded ones of this run; the ledger is the product's.
From `send` to the last settled row.
"""

import argparse
import json
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.house import House, house
from benchmarks.sinks import best_of_source
from benchmarks.usage import Peak, cpu_s
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.mail.message.master_copy import Recipient
from newsletter.services.editions import render
from newsletter.services.sending.dispatch import send_now
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions

MESSAGE_BYTES = 30_000
SOURCE_MESSAGES = 10_000  # Two seconds of smtp-source for each number of sessions.
POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One run: messages a second from `send` to the last settled row, and what it took."""

    per_second: float
    peak_bytes: int
    resident_peak_bytes: int
    cpu_s: dict[str, float]


def main() -> None:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--relay", default="", help="host:port instead of a sink of our own")
    parser.add_argument("--fast-sink", action="store_true", help="a relay that is not the limit")
    parser.add_argument("--runs", type=int, default=5, help="interleaved; the median counts")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with house(told.relay, is_fast=told.fast_sink) as here:
        here.subscribe(told.subscribers)
        result = measured(here, runs=told.runs)
    if told.json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:<24}{value}")


def measured(here: House, *, runs: int) -> dict[str, Any]:
    """The medians of so many runs, each followed by smtp-source on the same relay."""
    relay = here.env["NEWSLETTER_SMTP_URL"].removeprefix("smtp://")
    ours, theirs, kept, plans = [], [], [], []
    with here.workers():
        send(here)  # the first one finds programs and tables cold
        for _ in range(runs):
            plans.append(plan(here))
            ours.append(send(here))
            told = {"messages": SOURCE_MESSAGES, "size": message_bytes(here)}
            theirs.append(best_of_source(relay, **told))
            kept.append(best_of_source(relay, **told, is_kept=True))
    ratios = [one.per_second / other for one, other in zip(ours, theirs, strict=True)]
    kept_ratios = [one.per_second / other for one, other in zip(ours, kept, strict=True)]
    spent = {name: median(one.cpu_s[name] for one in ours) for name in ours[0].cpu_s}
    ledger = spent["postgres"] + spent["redis"]
    return {
        "recipients": here.readers,
        "runs": runs,
        "message_bytes": message_bytes(here),
        "messages_per_second": round(median(one.per_second for one in ours)),
        "smtp_source_best": round(median(theirs)),
        "ratio": round(median(ratios), 3),
        "smtp_source_best_with_kept_connections": round(median(kept)),
        "ratio_to_kept_connections": round(median(kept_ratios), 3),
        "worker_peak_mb": round(max(one.peak_bytes for one in ours) / 1e6, 1),
        "worker_resident_peak_mb": round(max(one.resident_peak_bytes for one in ours) / 1e6, 1),
        "cpu_us_a_message": {
            name: round(seconds / here.readers * 1e6, 1) for name, seconds in spent.items()
        },
        "cpu_s": {name: round(seconds, 2) for name, seconds in spent.items()},
        "ledger_and_queue_share": round(ledger / sum(spent.values()), 3),
        "plan_rows_per_second": round(median(plans)),
    }


def plan(here: House) -> float:
    """Deliveries planned a second, committed; of an edition that is never sent."""
    edition_id, on = here.edition()
    now = here.ports.now()
    started = time.perf_counter()
    with here.ports.store.begin() as session:
        planned = deliveries.plan_deliveries(
            session, edition_id, here.newsletter.id, on=on, due_at=now, now=now
        )
    assert planned == here.readers
    return planned / (time.perf_counter() - started)


def send(here: House) -> Sent:
    """Send a new edition to everybody."""
    edition_id, _ = here.edition()
    before = {name: cpu_s(process) for name, process in here.processes.items()}
    with Peak(here.processes["workers"]) as peak:
        started = time.perf_counter()
        done = send_now(here.ports, edition_id)
        assert done.planned == here.readers, done
        while not _is_sent(here, edition_id):
            time.sleep(POLL_S)
        seconds = time.perf_counter() - started
    after = {name: cpu_s(process) for name, process in here.processes.items()}
    with here.ports.store.begin() as session:
        counts = deliveries.counts(session, [edition_id])[edition_id]
    assert counts[DeliveryStatus.SENT] == here.readers, counts
    return Sent(
        per_second=here.readers / seconds,
        peak_bytes=peak.bytes,
        resident_peak_bytes=peak.resident_bytes,
        cpu_s={name: after[name] - before[name] for name in sorted(before)},
    )


def message_bytes(here: House) -> int:
    """How long the message of the last edition is, to its last dot."""
    with here.ports.store.begin() as session:
        (head,) = editions.list_recent(session, here.newsletter.id, limit=1)
        edition = editions.by_id(session, head.id)
        email = render.render_current(here.ports, session, edition, here.newsletter)
    reader = Recipient(
        subscriber_id=1,
        address="reader1@mail.example",
        unsubscribe="u" * 32,
        leaves_at=here.ports.now(),
    )
    return len(render.build_master(here.ports, email, edition, here.newsletter).message(reader))


def _is_sent(here: House, edition_id: int) -> bool:
    with here.ports.store.begin() as session:
        return editions.status(session, edition_id) is EditionStatus.SENT


if __name__ == "__main__":
    main()
