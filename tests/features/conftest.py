"""A house on real PostgreSQL and Redis, with a relay that keeps what it takes."""

import mailbox
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

import pytest

from newsletter.embedded import mail_catcher
from newsletter.store import Store
from tests.conftest import TEMPLATE
from tests.databases import database
from tests.features.forkserver import ForkServer
from tests.features.house import House, environment

EVENING = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)  # when the edition of that day is composed

_STORIES = (
    ("Lebanon reopens the old harbour of Port Maren", "Beirut’s minister cut a ribbon.", 2),
    ("Jordan and Iraq agree on a desert railway", "Trains from Amman to Baghdad by 2031.", 3),
    ("Yemen’s two banks become one again", "In Sanaa and Aden one rate holds from today.", 4),
    ("Egypt finds a boat beneath a car park in Cairo", "It is older than the pyramids.", 5),
    ("Night ferry to the northern islands gets a library", "Eight hundred books.", 3),
)
_NEXT_DAY = (
    (
        "Desert railway agreed by Jordan and Iraq gets a first station",
        "Trains from Amman to Baghdad will stop in the desert.",
        2,
    ),
    ("Oman counts its turtles from the air", "Nine thousand came ashore.", 3),
)


def settings(database_url: str, redis_url: str, relay_url: str, folder: Path) -> dict[str, str]:
    """Every setting of a house whose files are in that folder."""
    return environment(
        NEWSLETTER_DATABASE_URL=database_url,
        NEWSLETTER_REDIS_URL=redis_url,
        NEWSLETTER_SMTP_URL=relay_url,
        NEWSLETTER_SECRET_KEY="a key for tests only",
        NEWSLETTER_EDITOR_PASSWORD="open sesame",
        NEWSLETTER_DATA_DIR=str(folder / "data"),
    )


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Where the processes of a house come from."""
    server = ForkServer(tmp_path_factory.mktemp("forks"))
    yield server
    server.end()


@pytest.fixture(scope="session")
def initialised(
    postgres_url: str,
    redis_server_url: str,
    forks: ForkServer,
    catcher: tuple[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """The database that each house begins as a copy of: one newsletter, “evening”, at 18:00 UTC.

    What four commands leave in it is the same each time: it is made once and copied.
    """
    with database(postgres_url, template=TEMPLATE) as url:
        folder = tmp_path_factory.mktemp("initialised")
        env = settings(url, redis_server_url, catcher[0], folder)
        made = House(env, folder, folder, forks)
        made.ok("init", "--sender", "The Evening <evening@press.example>")
        yield made


@pytest.fixture(scope="session")
def with_an_edition(
    postgres_url: str, initialised: House, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A house with the edition of 3 March 2026 and three readers, to be copied or looked at."""
    with database(postgres_url, template=initialised.database) as url:
        folder = tmp_path_factory.mktemp("composed")
        made = House(
            initialised.env | {"NEWSLETTER_DATABASE_URL": url}, folder, folder, initialised.forks
        )
        stories = _written(folder / "feed.xml", _STORIES, EVENING)
        made.ok("collect", "--from", str(stories), "--at", EVENING.isoformat())
        made.ok("compose", "--date", "2026-03-03", "--at", EVENING.isoformat())
        readers = "ann@mail.example\nömer@mail.example\nreader.three@mail.example\n"
        made.ok("subscribers", "import", "-", stdin=readers)
        yield made


@pytest.fixture(scope="session")
def catcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a relay that takes everything, and the Maildir in which it keeps it."""
    folder = tmp_path_factory.mktemp("relay")
    with mail_catcher.start(folder) as server:
        yield server.url, mail_catcher.mail_folder(folder)


@pytest.fixture
def house(
    postgres_url: str,
    redis_url: str,
    catcher: tuple[str, Path],
    initialised: House,
    tmp_path: Path,
) -> Iterator[House]:
    """A house with tables and one newsletter, “evening”, at 18:00 UTC, that has sent nothing."""
    relay_url, mail_folder = catcher
    mailbox.Maildir(mail_folder).clear()
    with database(postgres_url, template=initialised.database) as url:
        env = settings(url, redis_url, relay_url, tmp_path)
        house = House(env, tmp_path, mail_folder, initialised.forks)
        yield house
        house.end()


@pytest.fixture
def store(request: pytest.FixtureRequest, house: House) -> Iterator[Store]:
    """The store of the test's house."""
    if "composed" in request.fixturenames:  # it has a database of its own
        request.getfixturevalue("composed")
    store = Store(house.env["NEWSLETTER_DATABASE_URL"])
    yield store
    store.dispose()


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """A feed of four stories about the topic and one that is not, published before EVENING."""
    return _written(tmp_path / "feed.xml", _STORIES, EVENING)


@pytest.fixture
def next_feed(tmp_path: Path) -> Path:
    """The next day's feed: one story that goes on, one that is new."""
    return _written(tmp_path / "next.xml", _NEXT_DAY, EVENING + timedelta(days=1))


@pytest.fixture
def composed(postgres_url: str, house: House, with_an_edition: House) -> Iterator[House]:
    """The house with the edition of 3 March 2026 composed, and three readers."""
    with database(postgres_url, template=with_an_edition.database) as url:
        house.env["NEWSLETTER_DATABASE_URL"] = url
        yield house
        house.end()


def _written(path: Path, stories: Sequence[tuple[str, str, int]], evening: datetime) -> Path:
    items = "".join(_item(evening, number, *story) for number, story in enumerate(stories))
    path.write_text(
        f'<rss version="2.0"><channel><title>The Harbour Times</title>'
        f"<link>https://harbour-times.example/</link>{items}</channel></rss>",
        encoding="utf-8",
    )
    return path


def _item(evening: datetime, number: int, title: str, summary: str, hours: int) -> str:
    at = format_datetime(evening - timedelta(hours=hours))
    link = f"https://harbour-times.example/{evening:%Y/%m/%d}/{number}"
    return (
        f"<item><title>{escape(title)}</title><link>{link}</link>"
        f"<description>{escape(summary)}</description><pubDate>{at}</pubDate></item>"
    )
