"""The address of the database: checked, and as SQLAlchemy takes it."""

import re

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from newsletter.errors import SettingsError

DRIVER = "postgresql+psycopg"
_MOST_PORT = 65_535
# Several hosts as libpq writes them (PostgreSQL, 32.1.1.2): SQLAlchemy has them behind the ?.
_HOSTS = re.compile(
    r"(?P<start>[^/]+//(?:[^/?#]*@)?)(?P<hosts>[^/?#@]*,[^/?#@]*)(?P<rest>.*)", re.S
)


def parse_database_url(text: str) -> URL:
    """Return the address of NEWSLETTER_DATABASE_URL. Raises SettingsError when it is none."""
    try:
        url = make_url(_with_hosts_behind(text.strip()))
    except (ArgumentError, ValueError) as error:
        raise _wrong("is not a PostgreSQL address") from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise _wrong("is not a PostgreSQL address")
    if url.port is not None and not 0 < url.port <= _MOST_PORT:
        raise _wrong("has a port that there is not")
    if not url.database and "service" not in url.query:
        raise _wrong("names no database")
    if "@" in (url.database or ""):
        raise _wrong("has an @ too many")
    url = url.set(drivername=DRIVER)
    try:
        make_conninfo("", **{name: str(value) for name, value in url.query.items()})
    except ProgrammingError as error:
        option = (
            str(error).rpartition("option ")[2].strip()
        )  # the reason's words hold its name, no value
        raise _wrong(f"has an option that libpq does not know ({option})") from error
    return url


def describe_place(url: URL) -> str:
    """Return where the database is, without user and password."""
    hosts = url.query.get("host", ())
    named = [hosts] if isinstance(hosts, str) else list(hosts)
    if url.host or not named:
        named = [f"{url.host or 'local'}:{url.port or 5432}"]
    return f"{','.join(named)}/{url.database or ''}"


def _with_hosts_behind(text: str) -> str:
    match = _HOSTS.fullmatch(text)
    if match is None:
        return text
    query = "&".join(f"host={host}" for host in match["hosts"].split(","))
    between = "&" if "?" in match["rest"] else "?"
    return f"{match['start']}{match['rest']}{between}{query}"


def _wrong(what: str) -> SettingsError:
    return SettingsError(
        f"NEWSLETTER_DATABASE_URL {what}. Write it as postgresql://user:password@host:5432/name, "
        "with %40 for an @ in the password and %2F for a slash."
    )
