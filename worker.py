"""Celery's entry: celery -A worker worker | celery -A worker beat."""

from newsletter.tasks.worker import app

__all__ = ["app"]
