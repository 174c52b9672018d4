"""Celery's entry: celery -A worker worker | celery -A worker beat."""

from newsletter.tasks.worker_context import celery_app

app = celery_app()
