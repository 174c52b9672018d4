"""Editions: composed, reviewed, rendered. May import collection."""
