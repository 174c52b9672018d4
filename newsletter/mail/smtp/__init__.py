"""Our own SMTP client: pipelined, many connections in one process (RFC 5321, 2920)."""

from newsletter.mail.smtp.dialogue import Envelope, Supply
from newsletter.mail.smtp.relay import Relay, Stream, all_sent, connected, connections
from newsletter.mail.smtp.url import RelayUrl

__all__ = [
    "Envelope",
    "Relay",
    "RelayUrl",
    "Stream",
    "Supply",
    "all_sent",
    "connected",
    "connections",
]
