"""How fast an edition leaves, all of it real, beside the best of smtp-source on the same sink.

    python -m benchmarks.send --subscribers 100000 --json

PostgreSQL, Redis and Celery workers are embedded ones of this run; the ledger is the product's.
From `send` to the last settled row.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.sinks import SESSIONS, sink, source
from newsletter import config
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.edition import EditionStatus
from newsletter.embedded import postgres, redis
from newsletter.services.dispatch import send_now
from newsletter.store import Store, editions, newsletters
from newsletter.store.editions import NewEdition
from newsletter.store.schema import migrate
from newsletter.tasks.enqueue import enqueue, has_worker

MESSAGE_BYTES = 30_000
WORKERS = 2  # As many as this is meant for has processors.
NOW = datetime.now(UTC)


def main() -> None:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--relay", default="", help="host:port instead of a sink of our own")
    parser.add_argument("--runs", type=int, default=5, help="interleaved; the median counts")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        relay, sink_process = (told.relay, None) if told.relay else stack.enter_context(sink())
        database = stack.enter_context(postgres.start(Path(folder) / "postgres"))
        queue = stack.enter_context(redis.start(Path(folder) / "redis"))
        house = House(Path(folder), database, queue, relay, sink_process)
        result = measured(house, told.subscribers, told.runs)
    if told.json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:<24}{value}")


class House:
    """Everything that runs during the benchmark."""

    def __init__(
        self, folder: Path, database: Any, queue: Any, relay: str, sink_process: Any
    ) -> None:
        self.relay = relay
        self.processes = {
            "postgres": psutil.Process(database.pid),
            "redis": psutil.Process(queue.pid),
            "sink": sink_process,
        }
        self.env = os.environ | {
            "NEWSLETTER_DATABASE_URL": database.url,
            "NEWSLETTER_REDIS_URL": queue.url,
            "NEWSLETTER_SMTP_URL": f"smtp://{relay}",
            "NEWSLETTER_SECRET_KEY": "benchmark",
            "NEWSLETTER_EDITOR_PASSWORD": "benchmark",
            "NEWSLETTER_DATA_DIR": str(folder / "data"),
            "NEWSLETTER_LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
        }
        os.environ.update(self.env)
        settings = config.with_secrets(config.load())
        self.ports = config.ports(settings, enqueue=enqueue(settings.redis_url))
        self.redis_url = settings.redis_url
        migrate(self.ports.store)

    def workers(self) -> "subprocess.Popen[bytes]":
        """A Celery worker with a process for each processor."""
        command = [sys.executable, "-m", "celery", "-q", "-A", "newsletter.tasks.worker", "worker"]
        options = ["--concurrency", str(WORKERS), "--without-mingle", "--without-gossip"]
        process = subprocess.Popen([*command, *options], env=self.env)
        while not has_worker(self.redis_url, timeout_s=1):
            if process.poll() is not None:
                sys.exit("The workers did not start.")
        return process


def measured(house: House, subscribers: int, runs: int) -> dict[str, Any]:
    """The medians of so many runs, each followed by a run of smtp-source."""
    newsletter_id = _subscribed(house.ports.store, subscribers)
    workers = house.workers()
    house.processes["workers"] = psutil.Process(workers.pid)
    ours, theirs, plans, cpu, peaks = [], [], [], [], []
    try:
        for number in range(runs):
            edition_id = _edition(house, newsletter_id, number)
            before = {name: _cpu(process) for name, process in house.processes.items()}
            seconds, plan_s, peak = _sent(house, edition_id, subscribers)
            after = {name: _cpu(process) for name, process in house.processes.items()}
            ours.append(subscribers / seconds)
            plans.append(subscribers / plan_s)
            peaks.append(peak)
            cpu.append({name: after[name] - before[name] for name in before})
            messages = min(subscribers, 20_000)
            theirs.append(
                max(
                    source(house.relay, messages=messages, size=MESSAGE_BYTES, sessions=sessions)
                    for sessions in SESSIONS
                )
            )
    finally:
        workers.terminate()
        workers.wait()
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "recipients": subscribers,
        "runs": runs,
        "messages_per_second": round(statistics.median(ours)),
        "smtp_source_best": round(statistics.median(theirs)),
        "ratio": round(statistics.median(ratios), 2),
        "worker_peak_mb": round(max(peaks) / 1e6, 1),
        "cpu_s": {name: round(statistics.median(one[name] for one in cpu), 2) for name in cpu[0]},
        "plan_rows_per_second": round(statistics.median(plans)),
    }


def _subscribed(store: Store, count: int) -> int:
    """The newsletter's id; its readers are made in SQL, since importing is not what is measured."""
    from sqlalchemy import text

    from newsletter.cli.first import FIRST

    with store.begin() as session:
        made = newsletters.save(session, FIRST, now=NOW)
        session.execute(
            text(
                "INSERT INTO subscriber (address, address_key, name, language, zone, created_at) "
                "SELECT 'reader' || n || '@mail.example', 'reader' || n || '@mail.example', '', "
                "'en', (ARRAY['UTC', 'Asia/Beirut', 'Europe/Berlin'])[n % 3 + 1], now() "
                "FROM generate_series(1, :count) AS n"
            ),
            {"count": count},
        )
        session.execute(
            text(
                "INSERT INTO subscription (newsletter_id, subscriber_id, status, requested_at, "
                "confirmed_at) SELECT :id, id, 'confirmed', now(), now() FROM subscriber"
            ),
            {"id": made.id},
        )
    with store.begin() as session:
        session.execute(text("ANALYZE"))
    return made.id


def _edition(house: House, newsletter_id: int, number: int) -> int:
    """The id of a composed edition whose message has the size that is measured."""
    from datetime import timedelta

    from newsletter.domain.article import Article, Entry
    from newsletter.domain.digest import Decision, Digest, Label, Placement, Story
    from newsletter.store import articles, feeds
    from newsletter.store.feeds import Feed

    on = NOW.date() + timedelta(days=number)
    with house.ports.store.begin() as session:
        feed = feeds.add(session, Feed(url=f"file:///{number}", due_at=NOW, source="S"), now=NOW)
        entries = [
            Entry(
                url=f"https://harbour-times.example/{number}/{one}",
                title=f"Lebanon reopens harbour number {one} after a long winter of repairs",
                summary="The minister cut a ribbon, and the first ship brought lemons. " * 4,
                published_at=NOW - timedelta(hours=1),
            )
            for one in range(14)
        ]
        articles.keep(session, feed, entries, now=NOW)
        kept: tuple[Article, ...] = articles.in_window(
            session, opens_at=NOW - timedelta(hours=2), closes_at=NOW, late=timedelta(0)
        )[-14:]
        stories = tuple(
            Story(
                title=one.title,
                summary=one.summary,
                section="Lebanon",
                placement=Placement.SECTION if at else Placement.LEAD,
                lead=one,
                label=Label.NEWS,
                score=1.0,
                reason="A benchmark.",
            )
            for at, one in enumerate(kept)
        )
        digest = Digest(
            opens_at=NOW,
            closes_at=NOW,
            stories=stories,
            decisions=tuple(
                Decision(article=one, is_in=True, score=1.0, reason="A benchmark.", story=at)
                for at, one in enumerate(kept)
            ),
        )
        new = NewEdition(
            newsletter_id=newsletter_id,
            on=on,
            status=EditionStatus.APPROVED,
            hold=None,
            reason="",
            sends_at=NOW,
            subject=stories[0].title,
            preheader="A benchmark.",
        )
        edition_id = editions.save(session, new, digest, now=NOW)
    assert edition_id is not None
    return edition_id


def _sent(house: House, edition_id: int, subscribers: int) -> tuple[float, float, float]:
    """Seconds to the last settled row, seconds to plan, and the workers' peak memory in bytes."""
    watch = _Peak(house.processes["workers"])
    started = time.perf_counter()
    done = send_now(house.ports, edition_id)
    planned = time.perf_counter()
    assert done.planned == subscribers, done
    while True:
        with house.ports.store.begin() as session:
            if editions.status(session, edition_id) is EditionStatus.SENT:
                break
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    from newsletter.store import deliveries

    with house.ports.store.begin() as session:
        counts = deliveries.counts(session, [edition_id])[edition_id]
    assert counts[DeliveryStatus.SENT] == subscribers, counts
    return seconds, planned - started, watch.end()


class _Peak:
    """The most memory that one worker process had."""

    def __init__(self, parent: psutil.Process) -> None:
        self._parent = parent
        self._most = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            for child in self._parent.children(recursive=True):
                try:
                    self._most = max(self._most, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def end(self) -> float:
        """The peak in bytes."""
        self._ended.set()
        self._thread.join()
        return self._most


def _cpu(process: psutil.Process | None) -> float:
    """Seconds of processor time of a process and its children, also those that have ended."""
    if process is None:
        return 0.0
    times = process.cpu_times()
    own = times.user + times.system + times.children_user + times.children_system
    for child in process.children(recursive=True):
        try:
            spent = child.cpu_times()
            own += spent.user + spent.system
        except psutil.NoSuchProcess:
            continue
    return own


if __name__ == "__main__":
    main()
