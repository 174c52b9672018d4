"""A house to be measured: embedded engines, Celery workers, readers, editions of a known size."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from sqlalchemy import text

from benchmarks.fast_sink import fast_sink
from benchmarks.sinks import sink
from newsletter import config
from newsletter.cli.bootstrap import FIRST
from newsletter.domain.articles.article import Article, Entry
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Decision, Digest, Placement, Story
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.feed import Feed
from newsletter.embedded import postgres, redis
from newsletter.store import Session
from newsletter.store.collection import articles, feeds
from newsletter.store.editions import editions, newsletters
from newsletter.store.editions.editions import NewEdition
from newsletter.store.schema import migrate
from newsletter.tasks.queue import enqueue, has_worker

WORKERS = 2  # As many as this is meant for has processors.
STORIES = 12
_SUMMARY = "The minister cut a ribbon, and the first ship since autumn brought lemons and tiles. "
_READERS = """
INSERT INTO subscriber (address, address_key, name, language, zone, created_at)
SELECT 'reader' || n || '@mail.example', 'reader' || n || '@mail.example', '', 'en',
    (ARRAY['UTC', 'Asia/Beirut', 'Europe/Berlin'])[n % 3 + 1], now()
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""
_SUBSCRIPTIONS = """
INSERT INTO subscription (newsletter_id, subscriber_id, status, requested_at, confirmed_at)
SELECT :newsletter, id, 'confirmed', now(), now() FROM subscriber ON CONFLICT DO NOTHING
"""


class House:
    """Everything that runs during a benchmark. Times are this moment's and the days after it."""

    def __init__(self, folder: Path, urls: dict[str, str], processes: dict[str, int]) -> None:
        self.now = datetime.now(UTC)
        self.processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self.env = os.environ | {
            **urls,
            "NEWSLETTER_SECRET_KEY": "a key for benchmarks only",
            "NEWSLETTER_EDITOR_PASSWORD": "benchmarks only",
            "NEWSLETTER_DATA_DIR": str(folder / "data"),
            "NEWSLETTER_LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
        }
        os.environ.update(self.env)
        settings = config.with_secrets(config.load())
        self.redis_url = settings.redis_url
        self.ports = config.ports(settings, enqueue=enqueue(settings.redis_url))
        migrate(self.ports.store)
        with self.ports.store.begin() as session:
            self.newsletter = newsletters.save(session, FIRST, now=self.now)
        self.readers = 0
        self._days = 0

    def subscribe(self, count: int) -> None:
        """Have so many readers; made in SQL, since importing is not what is measured."""
        with self.ports.store.begin() as session:
            session.execute(text(_READERS), {"first": self.readers + 1, "last": count})
            session.execute(text(_SUBSCRIPTIONS), {"newsletter": self.newsletter.id})
            session.execute(text("ANALYZE"))
        self.readers = count

    def edition(self) -> tuple[int, date]:
        """The id and date of a new, approved edition: of the day after the last one."""
        on = self.now.date() + timedelta(days=self._days)
        self._days += 1
        with self.ports.store.begin() as session:
            digest = _digest(self._articles(session), self.now)
            new = NewEdition(
                newsletter_id=self.newsletter.id,
                on=on,
                status=EditionStatus.APPROVED,
                hold=None,
                reason="",
                sends_at=self.now,
                subject=digest.stories[0].title,
                preheader="A benchmark.",
            )
            edition_id = editions.save_composed(session, new, digest, now=self.now)
        assert edition_id is not None
        return edition_id, on

    @contextmanager
    def workers(self) -> Iterator[None]:
        """A Celery worker with a process for each processor."""
        command = [sys.executable, "-m", "celery", "-q", "-A", "newsletter.tasks.worker", "worker"]
        options = ["--concurrency", str(WORKERS), "--without-mingle", "--without-gossip"]
        process = subprocess.Popen([*command, *options], env=self.env, stdout=subprocess.DEVNULL)
        try:
            while not has_worker(self.redis_url, timeout_s=1):
                if process.poll() is not None:
                    sys.exit("The workers did not start.")
            self.processes["workers"] = psutil.Process(process.pid)
            yield
        finally:
            process.terminate()
            process.wait()

    def _articles(self, session: Session) -> tuple[Article, ...]:
        url = f"file:///{self._days}"
        feed = feeds.add(session, Feed(url=url, due_at=self.now, source="S"), now=self.now)
        entries = [
            Entry(
                url=f"https://harbour-times.example/{self._days}/{one}",
                title=f"Lebanon reopens harbour number {one} after a long winter of repairs",
                summary=_SUMMARY,
                published_at=self.now - timedelta(hours=1),
            )
            for one in range(STORIES)
        ]
        articles.upsert_entries(session, feed, entries, now=self.now)
        window = {"opens_at": self.now - timedelta(hours=2), "closes_at": self.now}
        return articles.in_window(session, **window, late=timedelta(0))[-STORIES:]


@contextmanager
def house(relay: str = "", *, is_fast: bool = False) -> Iterator[House]:
    """A house with engines of its own, thrown away at the end, on that relay or a sink's."""
    with TemporaryDirectory(dir="/var/tmp") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's own user has to enter it
        processes = {}
        if not relay:
            relay, process = stack.enter_context(fast_sink() if is_fast else sink())
            processes["sink"] = process.pid
        database = stack.enter_context(postgres.start(folder / "postgres"))
        queue = stack.enter_context(redis.start(folder / "redis"))
        urls = {
            "NEWSLETTER_DATABASE_URL": database.url,
            "NEWSLETTER_REDIS_URL": queue.url,
            "NEWSLETTER_SMTP_URL": f"smtp://{relay}",
        }
        processes |= {"postgres": database.pid, "redis": queue.pid}
        yield House(folder, urls, processes)


def _digest(kept: tuple[Article, ...], now: datetime) -> Digest:
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
    decisions = tuple(
        Decision(article=one, is_in=True, score=1.0, reason="A benchmark.", story=at)
        for at, one in enumerate(kept)
    )
    return Digest(opens_at=now, closes_at=now, stories=stories, decisions=decisions)
