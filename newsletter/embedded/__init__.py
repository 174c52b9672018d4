"""Real servers from wheels for one machine. May import errors."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path


class Engine(StrEnum):
    DATABASE = "database"  # PostgreSQL
    REDIS = "redis"  # Valkey, which speaks Redis's protocol
    RELAY = "relay"  # takes mail and keeps it


@contextmanager
def engines(data_dir: Path, need: frozenset[Engine]) -> Iterator[dict[Engine, str]]:
    """The URLs of the needed engines, each started in data_dir or joined where it runs there.

    Raises SettingsError or UnreachableError, in words, when one cannot be had.
    """
    from newsletter.embedded import capture, postgres, redis

    starts = {
        Engine.DATABASE: postgres.start,
        Engine.REDIS: redis.start,
        Engine.RELAY: capture.start,
    }
    with ExitStack() as stack:
        yield {
            engine: stack.enter_context(start(data_dir / engine.value)).url
            for engine, start in starts.items()
            if engine in need
        }
