"""Which mailbox provider an address belongs to, and how much at once each of them takes."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

OTHERS = "others"  # every domain that is its own provider, for those who look at a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider as listed. connections at once and messages on each; 0 where none is known."""

    name: str
    domains: tuple[str, ...]
    connections: int = 0
    messages: int = 0


def provider_of(address: str) -> str:
    """The name of the provider, or the domain itself where it is none that we know."""
    domain = address.rpartition("@")[2].lower()
    return _BY_DOMAIN.get(domain, domain)


def connection_caps() -> dict[str, int]:
    """At how many connections at once a provider has enough, where that is known."""
    return {one.name: one.connections for one in providers().values() if one.connections}


@cache
def providers() -> dict[str, Provider]:
    """The providers of the list, by name."""
    file = files("newsletter.throttle").joinpath("mailbox_providers.toml")
    text = file.read_text(encoding="utf-8")
    return {
        name: Provider(
            name=name,
            domains=tuple(told["domains"].split()),
            connections=told.get("connections", 0),
            messages=told.get("messages", 0),
        )
        for name, told in tomllib.loads(text).items()
    }


_BY_DOMAIN = {domain: one.name for one in providers().values() for domain in one.domains}
