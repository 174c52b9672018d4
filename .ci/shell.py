"""A Python prompt on this checkout's own settings, for a look at what is there: make shell.

Usage: python .ci/shell.py
"""

import code
import sys

from newsletter import config
from newsletter.embedded import EmbeddedService
from newsletter.errors import NewsletterError

_BANNER = """settings   what the environment says
ports      what services are handed; nothing is queued from here
store      the database: with store.begin() as session: …
Ctrl-D ends it."""


def main() -> int:
    """Run the prompt to its end; return the exit code."""
    try:
        settings = config.load()
        with config.engines(settings, need=frozenset({EmbeddedService.DATABASE})) as running:
            ports = config.ports(running, enqueue=lambda *_: None)
            names = {"settings": running, "ports": ports, "store": ports.store}
            code.interact(_BANNER, local=names, exitmsg="")
    except NewsletterError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
