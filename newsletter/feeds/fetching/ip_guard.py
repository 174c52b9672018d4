"""Which IP addresses a stranger's words may lead us to.

The table is our own, so that it is the same whatever version of Python runs: what ipaddress calls
global has changed several times. It follows IANA's registries of special-purpose addresses
(iana-ipv4-special-registry, iana-ipv6-special-registry), and adds what clouds use inside.
"""

import ipaddress
from collections.abc import Iterator

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK = ("127.0.0.0/8", "::1/128")

# No server on the web is in these; each with where that is laid down.
_NOT_PUBLIC = {
    "0.0.0.0/8": "this host on this network, RFC 791 3.2",
    "10.0.0.0/8": "private use, RFC 1918",
    "100.64.0.0/10": "shared by a carrier's customers, RFC 6598; a cloud's metadata (Alibaba)",
    "127.0.0.0/8": "loopback, RFC 1122 3.2.1.3",
    "168.63.129.16/32": "Azure's own services, seen from inside a virtual machine",
    "169.254.0.0/16": "link-local, RFC 3927; a cloud's metadata",
    "172.16.0.0/12": "private use, RFC 1918",
    "192.0.0.0/24": "IETF protocol assignments, RFC 6890; 192.0.0.8 is a dummy, RFC 7600",
    "192.0.2.0/24": "documentation, RFC 5737",
    "192.31.196.0/24": "AS112 sink, RFC 7535",
    "192.52.193.0/24": "AMT relays, RFC 7450",
    "192.88.99.0/24": "6to4 relay anycast, deprecated, RFC 7526",
    "192.168.0.0/16": "private use, RFC 1918",
    "192.175.48.0/24": "AS112 sink, RFC 7534",
    "198.18.0.0/15": "benchmarks, RFC 2544",
    "198.51.100.0/24": "documentation, RFC 5737",
    "203.0.113.0/24": "documentation, RFC 5737",
    "224.0.0.0/4": "multicast, RFC 5771",
    "240.0.0.0/4": "reserved, RFC 1112 4; the limited broadcast, RFC 8190",
    "::/128": "unspecified, RFC 4291 2.5.2",
    "::1/128": "loopback, RFC 4291 2.5.3",
    "::ffff:0:0:0/96": "IPv4-translated, RFC 2765 2.1",
    "64:ff9b:1::/48": "local translation of IPv4, RFC 8215",
    "100::/64": "discard-only, RFC 6666",
    "100:0:0:1::/64": "dummy prefix, RFC 9780",
    "2001::/23": "IETF protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID, AMT, AS112",
    "2001:db8::/32": "documentation, RFC 3849",
    "2620:4f:8000::/48": "AS112 sink, RFC 7534",
    "3fff::/20": "documentation, RFC 9637",
    "5f00::/16": "SRv6 segment identifiers, RFC 9602",
    "fc00::/7": "unique local, RFC 4193; a cloud's metadata (AWS, fd00:ec2::254)",
    "fe80::/10": "link-local, RFC 4291 2.5.6",
    "fec0::/10": "site-local, deprecated, RFC 3879",
    "ff00::/8": "multicast, RFC 4291 2.7",
}

# Addresses that hold an IPv4 address, which a gateway reads out of them: at which bit it ends.
_EMBEDDING = {
    "::ffff:0:0/96": 0,  # IPv4-mapped, RFC 4291 2.5.5.2
    "::/96": 0,  # IPv4-compatible, deprecated, RFC 4291 2.5.5.1
    "64:ff9b::/96": 0,  # NAT64's well-known prefix, RFC 6052
    "2002::/16": 80,  # 6to4, RFC 3056
}

_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # Before an IPv4 address in any network, RFC 5214 6.1

# The rest of IPv6 is not handed out (RFC 4291 2.4): only these can be a server on the web.
_HANDED_OUT = tuple(map(ipaddress.ip_network, ("2000::/3", *_EMBEDDING)))

_LOOPBACK_NETWORKS = tuple(map(ipaddress.ip_network, _LOOPBACK))
_NOT_PUBLIC_NETWORKS = tuple(map(ipaddress.ip_network, _NOT_PUBLIC))
_EMBEDDING_NETWORKS = tuple((ipaddress.ip_network(key), end) for key, end in _EMBEDDING.items())


def is_allowed(address: str, *, allow_loopback: bool) -> bool:
    """Return whether a fetch may connect to this IP address: public, or loopback if allowed.

    An address with a scope (fe80::1%eth0) is inside by its nature. What is no address is refused.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if "%" in address:
        return False
    inner = _mapped(ip)
    if _is_in(inner, _LOOPBACK_NETWORKS):
        return allow_loopback
    return all(map(_is_public, (ip, *_embedded(ip))))


def _is_public(ip: _IP) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and not _is_in(ip, _HANDED_OUT):
        return False
    return not _is_in(ip, _NOT_PUBLIC_NETWORKS)


def _mapped(ip: _IP) -> _IP:
    """Return the IPv4 address that a socket connects to when it is given this one."""
    return (ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip


def _embedded(ip: _IP) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses that a gateway would read out of this one."""
    for network, end in _EMBEDDING_NETWORKS:
        if ip in network:
            yield ipaddress.IPv4Address(int(ip) >> end & 0xFFFF_FFFF)
    if isinstance(ip, ipaddress.IPv6Address) and int(ip) >> 32 & 0xFFFF_FFFF in _ISATAP:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)


def _is_in(ip: _IP, networks: tuple[_Network, ...]) -> bool:
    return any(ip in network for network in networks)
