"""A feed: what we read, how it went last time, and when to ask again."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as it is stored. last_result says in words what happened last time.

    A feed that is not polled was read from a file by hand.
    """

    id: int = 0
    url: str
    source: str = ""
    section: str = ""
    language: str = ""
    weight: float = 1.0
    is_polled: bool = True
    etag: str = ""
    last_modified: str = ""
    failures: int = 0
    last_result: str = ""
    entry_count: int = 0
    due_at: datetime
    fetched_at: datetime | None = None
    succeeded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertCounts:
    """How many entries were new, changed an article, or told nothing new."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
