"""Our own SMTP client: pipelined, many connections in one process (RFC 5321, 2920)."""

from newsletter.mail.smtp.commands import Envelope
from newsletter.mail.smtp.pool import connections, send_all
from newsletter.mail.smtp.relay_health import RelayPool, without_addresses
from newsletter.mail.smtp.relay_url import RelaySet, RelayUrl
from newsletter.mail.smtp.routes import MessageStream
from newsletter.mail.smtp.session import MessageSource
from newsletter.mail.smtp.single import RelayConnection, relay_connection
from newsletter.mail.smtp.timeouts import RFC_5321, Timeouts

__all__ = [
    "RFC_5321",
    "Envelope",
    "MessageSource",
    "MessageStream",
    "RelayConnection",
    "RelayPool",
    "RelaySet",
    "RelayUrl",
    "Timeouts",
    "connections",
    "relay_connection",
    "send_all",
    "without_addresses",
]
