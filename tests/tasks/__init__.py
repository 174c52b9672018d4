"""Celery: a real worker, a real Redis."""
