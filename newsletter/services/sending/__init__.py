"""Sending an edition: dispatch, control, progress, recovery.

May import editions, subscribers and collection.
"""
