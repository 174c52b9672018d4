"""Mailbox providers, and the limits that all runs share. May import domain and errors."""
