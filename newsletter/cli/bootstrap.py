"""The first newsletter, so that nothing has to be set up before it can be seen working."""

from newsletter.domain.newsletter import Newsletter
from newsletter.services.operations.setup import add_first_newsletter, migrate_database
from newsletter.services.ports import Ports

FIRST = Newsletter(
    id=0,
    slug="evening",
    name="Middle East Evening",
    description="The day’s Middle East news, every evening.",
    sender_name="Middle East Evening",
    sender_address="evening@newsletter.example",
)


def make_ready(ports: Ports) -> str:
    """Make the tables and, where there is no newsletter yet, a first one; what was made, or ""."""
    migrate_database(ports)
    made = add_first_newsletter(ports, FIRST)
    if made is None:
        return ""
    return f"Made a first newsletter, “{made.name}”, daily at 18:00 UTC. Change it: newsletter init"
