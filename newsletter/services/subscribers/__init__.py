"""Subscribers: sign-up, import and export."""
