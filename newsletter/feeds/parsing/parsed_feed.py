"""What reading a document gives."""

from dataclasses import dataclass

from newsletter.domain.articles.article import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEntry:
    """An entry that could not be kept, and why, in words."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed read. kind names its format; url is what it calls its own address, or "".

    note says what was wrong with a document that could be read all the same.
    """

    kind: str
    title: str = ""
    language: str = ""
    url: str = ""
    entries: tuple[Entry, ...] = ()
    rejected: tuple[RejectedEntry, ...] = ()
    note: str = ""
