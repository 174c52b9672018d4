"""What the database says when it fails, in words that hold no SQL and nothing of anybody's."""

import re
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# SQLSTATEs (PostgreSQL, appendix A) that a transaction may meet through no fault of ours: it is
# the server that is not as it should be, and whoever asks again later may have more luck.
_READ_ONLY = "25006"
_NOT_OUR_TABLES = "its tables are not those of this version; run: newsletter init"
_REASONS = {
    _READ_ONLY: "it can only be read, as a standby or a set default_transaction_read_only is",
    "25P03": "it ended a transaction that was idle",
    "40001": "others were changing the same rows",
    "40P01": "others were changing the same rows",
    "42501": "its user may not do this; grant it the tables",
    "42P01": _NOT_OUR_TABLES,
    "42703": _NOT_OUR_TABLES,
    "3D000": "there is no such database",
    "3F000": _NOT_OUR_TABLES,
    "53100": "its disk is full",
    "53200": "it has no memory left",
    "53300": "it has too many connections",
    "55P03": "somebody else holds a lock",
    "57014": "it took longer than the server lets it",
    "57P01": "it is being shut down",
    "57P02": "it is starting again after a crash",
    "57P03": "it is starting or shutting down",
    "57P04": "the database was dropped",
    "57P05": "it ended a session that was idle",
}
# Whole classes: connection, authorization, resources, operator, system, configuration, corruption.
_CLASSES = {
    "08": "the connection broke",
    "28": "it does not let this user in",
    "53": "it has run out of something",
    "57": "it was interrupted",
    "58": "its disk or system failed",
    "F0": "its configuration is locked",
    "XX": "it has a fault of its own",
}
# libpq puts the place before each reason, and hints behind it on lines that begin with a tab.
_PLACE = re.compile(
    r"^(?:- )?(?:host: '[^']*', port: '[^']*', hostaddr: '[^']*': )?"
    r"(?:connection (?:failed|is bad): )?"
    r"(?:connection to server (?:at|on socket) \"?(?P<host>[^\"]*)\"?"
    r"(?: \([^)]*\))?(?:, port (?P<port>\d+))? failed: )?"
)
_LEVEL = re.compile(r"^(?:FATAL|ERROR|PANIC):\s*")
_WITHOUT_TLS = "no encryption"
_MOST_REASONS = 3  # Of several hosts; more is no easier to read.


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a statement or a connection failed.

    is_away says that the server is to blame or its state is, and not the statement.
    """

    reason: str
    is_away: bool = False
    is_read_only: bool = False


def describe_failure(error: Exception, *, is_connecting: bool = False) -> Failure:
    """Return what went wrong, in words for ops."""
    if isinstance(error, PoolTimeoutError):
        return Failure("all connections of this process are in use", is_away=True)
    if not isinstance(error, DBAPIError):
        return Failure(f"{type(error).__name__}{_place_in_code(error)}")
    state = str(getattr(error.orig, "sqlstate", None) or "")
    reason = _REASONS.get(state) or _CLASSES.get(state[:2])
    if is_connecting and not state:
        return Failure(connection_reason(str(error.orig)), is_away=True)
    if reason is not None:
        return Failure(reason, is_away=True, is_read_only=state == _READ_ONLY)
    if error.connection_invalidated:
        return Failure("the connection broke", is_away=True)
    return Failure(_fault(error, state))


def connection_reason(text: str) -> str:
    """Return the reason for which no connection came about, out of libpq's or psycopg's words.

    The hint behind it is left out, and so is the attempt without TLS after one with it. Of several
    hosts each is told.
    """
    reasons: dict[str, str] = {}
    for line in text.splitlines():
        match = _PLACE.match(line)
        said = _LEVEL.sub("", line[match.end() :] if match else line).strip()
        is_hint = line[:1].isspace() or not said or said.endswith("All failures were:")
        host = match["host"] if match else None
        if is_hint or (reasons and not host):
            continue
        place = f"{host}:{match['port']}" if match and match["port"] else host or ""
        # With TLS and without it are two attempts; the second says only that TLS is asked for.
        if place not in reasons or reasons[place].endswith(_WITHOUT_TLS):
            reasons[place] = said.rstrip(".")
    if len(set(reasons.values())) <= 1:
        return next(iter(reasons.values()), "no answer")
    told = [f"{place} {reason}".strip() for place, reason in reasons.items()]
    return "; ".join(told[:_MOST_REASONS])


def _fault(error: DBAPIError, state: str) -> str:
    """A fault of ours, by its names only: what the server says of it may hold an address."""
    diagnosis = getattr(error.orig, "diag", None)
    names = [
        str(name)
        for name in (
            getattr(diagnosis, "table_name", None),
            getattr(diagnosis, "column_name", None),
            getattr(diagnosis, "constraint_name", None),
        )
        if name
    ]
    what = type(error.orig).__name__ if error.orig else type(error).__name__
    return f"{' '.join([what, state, *names])}{_place_in_code(error)}"


def _place_in_code(error: BaseException) -> str:
    """Where in this program it happened; the traceback itself would show the statement."""
    package = Path(__file__).parents[2]
    frames = [frame for frame in extract_tb(error.__traceback__) if _is_below(package, frame)]
    if not frames:
        return ""
    last = frames[-1]
    return f" at {Path(last.filename).relative_to(package.parent)}:{last.lineno}"


def _is_below(package: Path, frame: object) -> bool:
    path = Path(str(getattr(frame, "filename", "")))
    return path.is_relative_to(package) and path.name != "engine.py"
