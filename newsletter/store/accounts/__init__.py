"""Editors' sessions."""
