"""Celery: the app, the jobs, the beat. May import config, services and below."""
