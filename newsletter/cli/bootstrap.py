"""The first newsletter, so that nothing has to be set up before it can be seen working."""

from newsletter.domain.newsletter import Newsletter
from newsletter.services.ports import Ports
from newsletter.store.editions import newsletters
from newsletter.store.schema import migrate

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
    migrate(ports.store)
    with ports.store.begin() as session:
        if newsletters.list_all(session):
            return ""
        made = newsletters.save(session, FIRST, now=ports.now())
    return f"Made a first newsletter, “{made.name}”, daily at 18:00 UTC. Change it: newsletter init"
