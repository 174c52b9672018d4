"""What a fetch may cost, apart from the libraries that fetch."""

from dataclasses import dataclass

from newsletter.feeds.fetching.decompress import MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """What a fetch may cost and where it may go. timeout_s is for the whole document."""

    timeout_s: float = 20.0
    max_body_bytes: int = MAX_BYTES
    max_redirects: int = 5
    allow_loopback: bool = False
    user_agent: str = "newsletter/0.1 (feed reader)"
