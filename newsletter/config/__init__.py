"""Settings from the environment, checked; the clock; and the ports that services are handed."""

from newsletter.config.build import clock, ports, signers
from newsletter.config.engines import engines
from newsletter.config.load import load
from newsletter.config.logging import configure_logging
from newsletter.config.secrets import with_secrets
from newsletter.config.settings import PREFIX, Settings

__all__ = [
    "PREFIX",
    "Settings",
    "clock",
    "configure_logging",
    "engines",
    "load",
    "ports",
    "signers",
    "with_secrets",
]
