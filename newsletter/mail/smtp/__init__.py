"""Our own SMTP client: pipelined, many connections in one process (RFC 5321, 2920)."""

from newsletter.mail.smtp.commands import Envelope
from newsletter.mail.smtp.dialogue import Supply
from newsletter.mail.smtp.lanes import all_sent, connections
from newsletter.mail.smtp.relay import Relay, connected
from newsletter.mail.smtp.relays import Relays
from newsletter.mail.smtp.routes import Stream
from newsletter.mail.smtp.standing import Standings, without_addresses
from newsletter.mail.smtp.steps import RFC_5321, Timeouts
from newsletter.mail.smtp.url import RelayUrl

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
