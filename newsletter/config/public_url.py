"""The address at which readers find the pages: checked, and taken apart."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

# The first words of our own paths. A path that began with one could not be told from a page's.
PAGES = frozenset(
    {"api", "confirm", "editor", "healthz", "metrics", "n", "static", "unsubscribe", "view"}
)
_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def parse_public_url(text: str) -> str:
    """Return the address without a slash at its end. Raises ValueError saying what is wrong."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ValueError("must be a web address such as https://news.example.org")
    if "@" in parts.netloc:
        raise ValueError("must hold no user and no password: it stands in every mail")
    if "?" in text or "#" in text:
        raise ValueError("must end with its path: nothing behind a question mark or #")
    if ":" not in host and not _HOST.fullmatch(host):
        raise ValueError("must name its host in letters, digits and hyphens, others as xn--…")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise ValueError("must have a path of plain words, such as https://example.org/newsletter")
    if path and path.split("/")[1] in PAGES:
        raise ValueError(f"must not have a path that begins as our pages do ({path})")
    return f"{parts.scheme}://{parts.netloc}{path}"


def root_path(public_url: str) -> str:
    """Return the path of a checked public address, "" where it has none."""
    return urlsplit(public_url).path.rstrip("/")


def is_public(public_url: str) -> bool:
    """Whether others than this machine can be meant: what is served there is in production."""
    host = urlsplit(public_url).hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
