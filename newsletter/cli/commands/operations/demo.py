"""newsletter demo: the whole evening once, on engines of its own, from feeds to a mail catcher."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from newsletter.cli.context import At, note, out, settings_at
from newsletter.errors import InputError, InvalidStateError, SettingsError

if TYPE_CHECKING:
    from newsletter.config import Settings
    from newsletter.domain.delivery.status import DeliveryStatus
    from newsletter.domain.digest.digest import Decision
    from newsletter.domain.editions.edition import Edition
    from newsletter.domain.newsletter import Newsletter
    from newsletter.services.ports import Ports


ZONE = "Asia/Beirut"
_LEFT = "left.again@mail.example"
_DAY = timedelta(hours=24)


def demo(
    feeds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FEED]…", help="Addresses, files or folders of feeds of yours."),
    ] = None,
    subscribers: Annotated[int, typer.Option(min=1, max=100_000, help="How many readers.")] = 100,
    at: At = "",
) -> None:
    """Collect, compose and deliver an edition, on a sample newsroom or on feeds of yours.

    It runs on engines of its own, whatever is set, and sends nothing to anybody: the mail is kept
    in a folder. Everything it starts is ended.
    """
    _check_installed()
    from newsletter import config
    from newsletter.cli.demo_folder import mark_demo
    from newsletter.cli.output.demo_report import report
    from newsletter.embedded import EmbeddedService
    from newsletter.mail.smtp import RelaySet

    settings = settings_at(at)
    given = _parse_sources(feeds or [])
    if not at and (evening := _evening_of(given, config.clock(settings)())):
        settings = settings.model_copy(update={"at": evening})
        note(f"These feeds end at {evening:%Y-%m-%d %H:%M} UTC; that evening is played again.")
    folder = (settings.data_dir / "demo").resolve()
    own = {"data_dir": folder, "database_url": "", "redis_url": "", "smtp_url": RelaySet()}
    settings = settings.model_copy(update=own)
    with _alone(folder), _step("Starting PostgreSQL, Redis and a mail catcher") as step:
        shutil.rmtree(folder / EmbeddedService.RELAY.value, ignore_errors=True)
        with config.engines(settings, need=frozenset(EmbeddedService)) as running:
            step("PostgreSQL, Redis (Valkey) and a mail catcher run")
            mark_demo(folder, config.clock(running)())
            done = _evening(running, given, subscribers)
        report(done, folder, running.public_url)


def _check_installed() -> None:
    """Raises SettingsError when the servers that the demo starts are not installed."""
    from newsletter.embedded import HOW_TO_INSTALL, EmbeddedService, is_installed

    if not is_installed(frozenset(EmbeddedService)):
        raise SettingsError(
            "The demo runs on servers of its own, whatever is set, and they are not installed. "
            f"Install them: {HOW_TO_INSTALL}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSources:
    """The feeds a person named: addresses, and files or folders. Both empty: the sample."""

    urls: tuple[str, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What came of it all."""

    newsletter: "Newsletter"
    edition: "Edition"
    decided: tuple["Decision", ...]
    counts: dict["DeliveryStatus", int]
    zones: int


def _evening(settings: "Settings", sources: DemoSources, readers: int) -> Evening:
    """The whole way once: tables, feeds, edition, readers, worker, delivery."""
    from newsletter import config
    from newsletter.cli.temporary_worker import temporary_worker
    from newsletter.embedded import postgres
    from newsletter.services.editions.compose import compose
    from newsletter.services.operations.setup import migrate_database
    from newsletter.services.queries.deliveries import count_deliveries
    from newsletter.services.queries.editions import list_decisions, read_edition
    from newsletter.tasks.queue import enqueue

    postgres.empty(settings.database_url)
    ports = config.ports(settings, enqueue=enqueue(settings.redis_url))
    with ExitStack() as stack:
        stack.callback(ports.store.dispose)
        migrate_database(ports)
        newsletter, on = _newsletter(ports)
        _collect(ports, sources)
        _forget_sample(ports, sources)
        with _step("Composing") as step:
            edition = compose(ports.store, newsletter, on, now=ports.now())
            step(f"Composed the edition of {on}: {len(edition.stories)} stories")
        zones = _subscribe(ports, newsletter, readers)
        if edition.stories:
            with _step("Starting a Celery worker") as step:
                stack.enter_context(temporary_worker(settings))
                step("A Celery worker runs")
            _deliver(ports, edition)
        return Evening(
            newsletter=newsletter,
            edition=read_edition(ports, edition.id),
            decided=list_decisions(ports, edition),
            counts=count_deliveries(ports, edition.id),
            zones=zones,
        )


def _newsletter(ports: "Ports") -> tuple["Newsletter", date]:
    """A newsletter that goes out an hour from now, so that now is when it is composed."""
    from dataclasses import replace

    from newsletter.cli.bootstrap import FIRST
    from newsletter.domain.schedule import zone
    from newsletter.services.operations.setup import save_newsletter

    minute = ports.now().replace(second=0, microsecond=0) + timedelta(minutes=61)
    there = minute.astimezone(zone(ZONE))
    demo_newsletter = replace(
        FIRST,
        zone=ZONE,
        sends_at=there.time().replace(tzinfo=None),
        min_stories=1,
        publisher="The Evening Press",
        postal_address="7 Harbour Lane, Port Maren",
    )
    return save_newsletter(ports, demo_newsletter), there.date()


def _collect(ports: "Ports", sources: DemoSources) -> None:
    from newsletter.domain.feed import Feed
    from newsletter.sample.server import SampleFeed, newsroom
    from newsletter.services.collection.collect import collect
    from newsletter.services.collection.collect_files import collect_paths
    from newsletter.services.collection.manage_feeds import add_unread_feeds

    with _step("Collecting") as step, ExitStack() as stack:
        policy, now = ports.fetch_policy, ports.now()
        if sources.urls or sources.paths:
            feeds = tuple(SampleFeed(url=url, source=urlsplit(url).netloc) for url in sources.urls)
        else:
            from dataclasses import replace

            feeds = stack.enter_context(newsroom(now, base=ports.public_url))
            policy = replace(policy, allow_loopback=True)
        add_unread_feeds(
            ports,
            [
                Feed(
                    url=feed.url,
                    source=feed.source,
                    section=feed.section,
                    language=feed.language,
                    due_at=now,
                )
                for feed in feeds
            ],
        )
        reports = (*collect(ports.store, policy, now=now),)
        reports += collect_paths(ports.store, sources.paths, now=now)
        new, failed = sum(one.new for one in reports), [one for one in reports if not one.is_ok]
        step(f"Collected {new} articles from {len(reports)} feeds over HTTP, {len(failed)} failed")
    for one in failed:
        note(f"    {one.source or one.url}: {one.message}")
    for one in reports:
        for refused in one.refused[:3]:
            note(f"    {one.source}: refused “{refused.subject}”. {refused.reason}")


def _forget_sample(ports: "Ports", sources: DemoSources) -> None:
    """Take out the feeds of the sample: whoever shows the demo afterwards cannot read them."""
    from newsletter.services.collection.manage_feeds import remove_all_feeds

    if sources.urls or sources.paths:
        return
    remove_all_feeds(ports)


def _subscribe(ports: "Ports", newsletter: "Newsletter", readers: int) -> int:
    """How many zones the sample readers live in. Two more have asked only; one has left again."""
    from newsletter.sample.newsroom import readers as sample_readers
    from newsletter.services import urls
    from newsletter.services.queries.subscribers import list_subscriptions
    from newsletter.services.subscribers import signup
    from newsletter.services.subscribers.import_export import import_subscribers

    with _step("Subscribing readers") as step:
        heading, *people = sample_readers()
        more = [f"reader{number}@many.example,,en,UTC" for number in range(readers - len(people))]
        lines = [heading, *people[:readers], *more, f"{_LEFT},,en,UTC"]
        import_subscribers(ports.store, newsletter, lines, now=ports.now())
        for address in ("still.thinking@mail.example", "mistyped@mail.example"):
            form = signup.SignupRequest(address=address, channel="demo")
            signup.subscribe(ports, newsletter, form)
        every = list_subscriptions(ports, newsletter)
        zones = {one.zone for one in every if one.zone}
        left = next(one for one in every if one.address == _LEFT)
        text = urls.unsubscribe_token(ports, left.id)
        signup.unsubscribe(ports, text, means="page", remote_address="")
        step(f"Subscribed {readers} readers in {len(zones)} time zones")
    return len(zones)


def _deliver(ports: "Ports", edition: "Edition") -> None:
    from newsletter.cli.commands.sending.send import result_of, watch
    from newsletter.services.sending.dispatch import send_now

    with _step("Delivering") as step:
        send_now(ports, edition.id)
        watch(ports, edition.id, quiet=False)
        result = result_of(ports, edition.id, "")
        step(f"Delivered: {result['sent']} messages handed over by SMTP")


def _parse_sources(feeds: list[str]) -> DemoSources:
    """Raises InputError when something is neither an address nor a file or folder."""
    urls = [feed for feed in feeds if feed.startswith(("http://", "https://"))]
    paths = [Path(feed) for feed in feeds if feed not in urls]
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} is neither a web address nor a file or folder that is there.")
    return DemoSources(urls=tuple(urls), paths=tuple(paths))


def _evening_of(sources: DemoSources, now: datetime) -> datetime | None:
    """The evening that saved feeds are from; None when they are of today, or are not files."""
    from newsletter.services.collection.collect_files import newest

    if sources.urls or not sources.paths:
        return None
    latest = newest(sources.paths, now=now)
    return latest + timedelta(minutes=1) if latest and latest < now - _DAY else None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two demos in one folder would empty each other's tables."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "running").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InvalidStateError(
                f"A demo runs in {folder} already. Let it end first."
            ) from error
        yield


@contextmanager
def _step(doing: str) -> Iterator[Callable[[str], None]]:
    """Shows what is being done; the function it gives says what has been, and how long it took."""
    from newsletter.cli.context import err

    started = time.monotonic()
    shown = err.status(f"{doing}…")
    shown.start()

    def done(message: str) -> None:
        shown.stop()
        took = f"{time.monotonic() - started:.1f} s"
        out.print(f" [green]✓[/] {message}", f"[dim]{took}[/]")
        sys.stdout.flush()

    try:
        yield done
    finally:
        shown.stop()
