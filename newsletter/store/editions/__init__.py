"""Newsletters and their editions."""
