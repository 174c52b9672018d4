"""What JSON Feed and WordPress have in common: fields of any shape, and a feed of entries."""

from datetime import UTC, datetime
from typing import Any

from newsletter.domain.articles.article import Entry
from newsletter.domain.text.clean import clean_line
from newsletter.feeds.parsing.entry_builder import RawEntry, build_entry
from newsletter.feeds.parsing.parsed_feed import ParsedFeed, RejectedEntry


def build_feed(
    raws: list[RawEntry],
    *,
    kind: str,
    base: str,
    title: str = "",
    language: str = "",
    url: str = "",
) -> ParsedFeed:
    built = [build_entry(raw, base=base, position=position) for position, raw in enumerate(raws)]
    return ParsedFeed(
        kind=kind,
        title=clean_line(title, max_chars=200),
        language=clean_line(language, max_chars=35),
        url=url,
        entries=tuple(entry for entry in built if isinstance(entry, Entry)),
        rejected=tuple(entry for entry in built if isinstance(entry, RejectedEntry)),
    )


def text_field(fields: object, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else ""


def list_field(fields: object, name: str) -> list[Any]:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, list) else []


def parse_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
