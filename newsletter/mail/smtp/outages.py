"""Which relays are known to be away, by a process and all that it forks: each is told once."""

import mmap
import threading
from zlib import crc32

# One byte for each relay, by its name; not 0 while it is away. Hardly ever do two relays share one.
_PLACES = 65_536
_AWAY = mmap.mmap(-1, _PLACES)
_LOCK = threading.Lock()


def is_news(relay: str, *, is_away: bool) -> bool:
    """Remember whether the relay of that name is away; return whether it was not so before."""
    place = crc32(relay.encode()) % _PLACES
    with _LOCK:
        before = _AWAY[place] != 0
        _AWAY[place] = is_away
    return before is not is_away
