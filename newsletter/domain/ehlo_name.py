"""The name by which we greet a relay, the argument of EHLO (RFC 5321, 4.1.1.1)."""

import ipaddress
import re

MAX_NAME_CHARS = 255  # RFC 5321, 4.5.3.1.2
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
# RFC 6761, 6.3, and what Linux systems call themselves until somebody names them.
_NOBODY = frozenset({"localhost", "localdomain"})
_LITERAL = re.compile(r"\[(IPv6:)?([0-9a-fA-F:.]+)\]")  # RFC 5321, 4.1.3


def is_fully_qualified(name: str) -> bool:
    """Return whether a relay can take this for the full name of a host: dotted, and no address."""
    labels = name.split(".")
    return (
        len(name) <= MAX_NAME_CHARS
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()  # Postfix refuses 192.0.2.1 without its brackets.
        and _NOBODY.isdisjoint(label.lower() for label in labels)
    )


def is_address_literal(name: str) -> bool:
    """Return whether it is an address in brackets: [192.0.2.1] or [IPv6:2001:db8::1]."""
    literal = _LITERAL.fullmatch(name)
    if literal is None:
        return False
    try:
        address = ipaddress.ip_address(literal[2])
    except ValueError:
        return False
    return (address.version == 6) is (literal[1] is not None)  # noqa: PLR2004


def address_literal(address: str) -> str:
    """Return the literal of a machine's own address, what stands for its name where it has none."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return f"[IPv6:{ip}]" if ip.version == 6 else f"[{ip}]"  # noqa: PLR2004


def check_ehlo_name(name: str) -> None:
    """Raise ValueError, in words, unless a relay can be greeted with this name."""
    if not (is_fully_qualified(name) or is_address_literal(name)):
        raise ValueError(
            "must be the full name of this host, such as mail.example.org, or its address in "
            "brackets, such as [192.0.2.1] or [IPv6:2001:db8::1]; relays refuse localhost"
        )
