"""Celery's entry: celery -A worker worker | celery -A worker beat."""

from newsletter.tasks.process import celery_app

app = celery_app()
