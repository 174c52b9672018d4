"""Which addresses a stranger's words may lead us to."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import quote, urljoin, urlsplit

MAX_URL_CHARS = 2_000  # What browsers and mail programs open without trouble.

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, 2.5.5.1
_IP = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_allowed(address: str, *, allow_loopback: bool) -> bool:
    """Whether a fetch may connect to this IP address: public, or loopback where that is allowed."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return allow_loopback
    return _is_public(ip) and all(_is_public(inner) for inner in _embedded(ip))


def web_url(url: str, *, base: str) -> str:
    """The absolute web address, or "" when it is none that a reader could follow."""
    url = "".join(url.split())
    try:
        absolute = urljoin(base, url) if url else ""
        parts = urlsplit(absolute)
        host = parts.hostname or ""
        is_web = parts.scheme in {"http", "https"} and ("." in host or host == "localhost")
        is_web = is_web and parts.port != 0 and host.isprintable()
    except ValueError:  # a bracket or a port out of place
        return ""
    visible = "".join(one if one.isprintable() else quote(one, errors="ignore") for one in absolute)
    return visible if is_web and len(visible) <= MAX_URL_CHARS else ""


def _is_public(ip: _IP) -> bool:
    return ip.is_global and not ip.is_multicast and ip not in _LOCAL_NAT64


def _embedded(ip: _IP) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that a gateway would read out of this one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return
    if ip.sixtofour:
        yield ip.sixtofour
    if ip in _NAT64 or ip in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
