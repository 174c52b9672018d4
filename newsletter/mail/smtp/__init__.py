"""Our own SMTP client: pipelined, many connections in one process (RFC 5321, 2920)."""

from newsletter.mail.smtp.commands import Envelope
from newsletter.mail.smtp.pool import all_sent, connections
from newsletter.mail.smtp.relay_health import Standings, without_addresses
from newsletter.mail.smtp.relay_url import Relays, RelayUrl
from newsletter.mail.smtp.routes import Stream
from newsletter.mail.smtp.session import Supply
from newsletter.mail.smtp.single import Relay, connected
from newsletter.mail.smtp.timeouts import RFC_5321, Timeouts

__all__ = [
    "RFC_5321",
    "Envelope",
    "Relay",
    "RelayUrl",
    "Relays",
    "Standings",
    "Stream",
    "Supply",
    "Timeouts",
    "all_sent",
    "connected",
    "connections",
    "without_addresses",
]
