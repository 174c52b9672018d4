"""Celery's entry where there is no checkout: celery -A newsletter.tasks.worker worker."""

from newsletter.tasks.process import celery_app

app = celery_app()
