"""Which addresses a stranger's words may lead us to; the IP addresses are in ip_guard."""

from urllib.parse import quote, urljoin, urlsplit

from newsletter.feeds.fetching.ip_guard import is_allowed

__all__ = ["is_allowed", "web_url"]

MAX_URL_CHARS = 2_000  # What browsers and mail programs open without trouble.


def web_url(url: str, *, base: str) -> str:
    """Return the absolute web address, or "" when it is none that a reader could follow."""
    url = "".join(url.split())
    try:
        absolute = urljoin(base, url) if url else ""
        parts = urlsplit(absolute)
        host = parts.hostname or ""
        is_web = parts.scheme in {"http", "https"} and ("." in host or host == "localhost")
        is_web = is_web and parts.port != 0 and host.isprintable()
    except ValueError:  # a bracket or a port out of place
        return ""
    visible = "".join(
        char if char.isprintable() else quote(char, errors="ignore") for char in absolute
    )
    return visible if is_web and len(visible) <= MAX_URL_CHARS else ""
