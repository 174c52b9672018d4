"""The address of Redis, in the one form that all its clients take: redis-py's own."""

import re
from pathlib import PurePosixPath
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from newsletter.errors import SettingsError

_SOCKETS = frozenset({"unix", "redis+socket"})
_TLS_OPTIONS = frozenset(
    {"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}
)
_CHECKS = frozenset({"required", "optional", "none"})
_MANY = re.compile(r"(redis\+)?(sentinel|cluster)s?|rediss?\+(sentinel|cluster)|redis-cluster")


def parse_redis_url(text: str) -> str:
    """Return the address of NEWSLETTER_REDIS_URL as redis-py takes it.

    That is redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path.sock?db=0; the
    last may also be written as Celery does, redis+socket://. Raises SettingsError when it is none
    of these.
    """
    if "#" in text:
        raise _wrong("holds a #, which in a password is written %23")
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise _wrong("cannot be read: its host or port is none") from error
    if _MANY.fullmatch(parts.scheme):
        raise SettingsError(
            f"NEWSLETTER_REDIS_URL begins with {parts.scheme}://, which is not supported. Name "
            "a single server, or what follows the master, such as HAProxy: redis://host:6379/0. "
            "What Redis holds here may be lost at any time."
        )
    if parts.scheme not in _SOCKETS | {"redis", "rediss"}:
        raise _wrong("is not the address of a Redis")
    if parts.scheme in _SOCKETS:
        return _socket_url(parts)
    if not parts.hostname or port == 0:
        raise _wrong("names no host, or a port that there is not")
    return _server_url(parts)


def _server_url(parts: SplitResult) -> str:
    options = _options(parts, _TLS_OPTIONS if parts.scheme == "rediss" else frozenset())
    number = _number(options.pop("db", "") or parts.path.strip("/"))
    if parts.scheme == "rediss":
        options.setdefault("ssl_cert_reqs", "required")
        if options["ssl_cert_reqs"] not in _CHECKS:
            raise _wrong(f"has an ssl_cert_reqs that is none of {', '.join(sorted(_CHECKS))}")
    query = f"?{urlencode(options)}" if options else ""
    return f"{parts.scheme}://{parts.netloc}/{number}{query}"


def _socket_url(parts: SplitResult) -> str:
    options = _options(parts, frozenset({"virtual_host"}))
    path = PurePosixPath(unquote(parts.path))
    if parts.hostname or len(path.parts) < 2:  # noqa: PLR2004  # the root and a name
        raise _wrong("names no socket; write three slashes: unix:///run/redis/redis.sock")
    number = _number(options.get("db") or options.get("virtual_host") or "")
    return f"unix://{parts.netloc}{parts.path}?db={number}"


def _options(parts: SplitResult, others: frozenset[str]) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = others | {"db"}
    if unknown := sorted(set(options) - known):
        raise _wrong(f"has no option {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return options


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdigit()):
        raise _wrong("names a database that is no number")
    return int(text or 0)


def _wrong(what: str) -> SettingsError:
    return SettingsError(
        f"NEWSLETTER_REDIS_URL {what}. Write it as redis://host:6379/0, "
        "rediss://user:password@host:6379/0 or unix:///run/redis/redis.sock."
    )
