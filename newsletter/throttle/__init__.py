"""Mailbox providers: their domains, and how much each takes. May import domain and errors."""
