"""Where a request came from: the reader's address behind trusted proxies, and how it is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from newsletter.errors import SettingsError

# A proxy on this machine, as most are; others are named, since whoever is trusted can say anything.
USUAL_PROXIES = "127.0.0.1 ::1"
# What a provider gives to one customer at the least (RFC 6177, 2): within it he may take any
# address for each request.
COUNTED_IPV6_BITS = 64


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The peers whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def parse(cls, setting: str) -> Self:
        """Return the proxies of NEWSLETTER_TRUSTED_PROXIES, with spaces or commas between them.

        Nothing means USUAL_PROXIES. Raises SettingsError for what is no address and no network.
        """
        words = setting.replace(",", " ").split() or USUAL_PROXIES.split()
        return cls(tuple(_parse_network(word) for word in words))

    def is_trusted(self, address: str) -> bool:
        """Whether that peer or hop is a proxy of ours; "" is a socket on this machine's disk."""
        parsed = parse_hop(address)
        return not address or (parsed is not None and self._has(parsed))

    def find_client(self, peer: str, forwarded_for: Iterable[str]) -> str:
        """Return the address of whoever is in front of our proxies.

        peer is who connected; forwarded_for are the values of X-Forwarded-For as they came. Each
        proxy adds at the right whom it spoke with, so that the rightmost that is no proxy of ours
        is the last which we can believe; all to the left of it may be made up.
        """
        client = str(parse_hop(peer) or peer)
        if not self.is_trusted(peer):
            return client
        hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
        for hop in reversed([hop for hop in hops if hop]):
            address = parse_hop(hop)
            if address is None:
                return client  # "unknown" or worse: what told us of it is the nearest that we know
            client = str(address)
            if not self._has(address):
                return client
        return client

    def _has(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


def parse_hop(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a proxy wrote, with a port or without; None when it is none."""
    host = text.strip().strip('"')
    if host.startswith("["):
        host, bracket, port = host[1:].partition("]")
        if not bracket or not _is_port(port):
            return None
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        address = ip_address(host.partition("%")[0])  # a zone is of that machine alone
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network_of(address: str) -> str:
    """Return what a limit counts an address by: itself, or the /64 of an IPv6 address."""
    parsed = parse_hop(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), COUNTED_IPV6_BITS), strict=False))
    return str(parsed or address)


def _is_port(text: str) -> bool:
    digits = text.removeprefix(":")
    return not text or (text.startswith(":") and digits.isascii() and digits.isdigit())


def _parse_network(word: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(word.strip("[]"), strict=False)
    except ValueError as error:
        raise SettingsError(
            f"NEWSLETTER_TRUSTED_PROXIES has {word!r}, which is no address and no network. "
            "Write addresses such as 10.0.0.5 and networks such as 172.16.0.0/12; no names"
        ) from error
    if not network.prefixlen:
        raise SettingsError(
            f"NEWSLETTER_TRUSTED_PROXIES has {word!r}, which is all the world: every reader could "
            "say that he is another. Write the addresses or networks of your proxies"
        )
    return network
