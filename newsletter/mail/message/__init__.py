"""From a rendered email to the bytes of a message (RFC 5322)."""
