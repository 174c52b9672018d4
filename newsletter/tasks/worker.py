"""Celery's entry where there is no checkout: celery -A newsletter.tasks.worker worker."""

import sys

# structlog would import rich to draw tracebacks, which our log writes as plain lines: 3 MB in each
# process. None stands for a module that is not there (the import system, 5.3.1).
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

from newsletter.tasks.worker_context import celery_app  # noqa: E402

app = celery_app()
