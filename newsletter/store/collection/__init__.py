"""Feeds, and the articles that came from them."""
