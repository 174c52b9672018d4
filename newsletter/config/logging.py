"""The log of a process: structured, on standard error."""

import logging
import os
import sys

import structlog

from newsletter.config.settings import Settings

# They tell each step; the jobs themselves say what came of it.
_LOUD = ("httpx", "httpcore", "alembic", "mail.log", "celery", "kombu", "uvicorn")


def configure_logging(settings: Settings) -> None:
    """Structured logs on standard error, as lines for people or JSON for machines."""
    is_json = settings.log_format == "json"
    is_colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    renderer = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=is_colour, pad_event_to=0, pad_level=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso" if is_json else "%H:%M:%S", utc=is_json),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for loud in _LOUD if settings.log_level != "DEBUG" else ():
        logging.getLogger(loud).setLevel(logging.WARNING)
