"""What a newsletter's sender lacks before strangers may be mailed."""

import ipaddress

from newsletter.domain.newsletter import Newsletter

# Names that nobody can have, so that documents and tests can use them: RFC 2606, RFC 6761, RFC 6762
# (.local) and ICANN's .internal. Nothing sent to them arrives, and SPF and DMARC know none of them.
_RESERVED = ("example", "invalid", "test", "localhost", "local", "internal", "onion")
_RESERVED_DOMAINS = ("example.com", "example.net", "example.org")


def impossible_sender(newsletter: Newsletter) -> str:
    """Why no mail may leave in this sender's name, with what to do; "" when it may."""
    address = newsletter.sender_address
    if not is_reserved(address.rpartition("@")[2]):
        return ""
    return (
        f"The sender is {address}, whose domain nobody can have: relays and mailbox providers "
        "refuse such mail, and no answer or bounce arrives. Set one of your own: "
        f"newsletter init --slug {newsletter.slug} --sender '{newsletter.name} <you@your-domain>'"
    )


def missing_address(newsletter: Newsletter) -> str:
    """The sentence about a postal address that is not set; "" when one is."""
    if newsletter.postal_address.strip():
        return ""
    return (
        "The footer holds no postal address, which the law of many countries asks of a newsletter. "
        f"Set it: newsletter init --slug {newsletter.slug} --postal-address 'Street 1, Town'"
    )


def is_reserved(domain: str) -> bool:
    """Whether the domain is one that nobody can have, or no domain at all."""
    name = domain.lower().rstrip(".")
    labels = name.split(".")
    is_example = any(name == one or name.endswith(f".{one}") for one in _RESERVED_DOMAINS)
    return len(labels) == 1 or labels[-1] in _RESERVED or is_example or name.startswith("[")


def is_loopback(host: str) -> bool:
    """Whether a relay at that host is on this machine: a mail catcher, or a relay's own program."""
    name = host.lower().rstrip(".").strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
