"""Feeds and articles: collected and managed."""
