"""Celery's entry where there is no checkout: celery -A newsletter.tasks.worker worker."""

from newsletter.tasks.worker_context import celery_app

app = celery_app()
