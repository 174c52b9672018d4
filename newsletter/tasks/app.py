"""The Celery app. Redis carries hints that there is work; what is to be done stands in SQL."""

from celery import Celery
from kombu.entity import Exchange, Queue

from newsletter.tasks.beat import SCHEDULE

# Two queues, so that a long run does not keep the beat's jobs waiting.
DELIVERIES, HOUSEWORK = "deliveries", "housework"


def make_app(redis_url: str) -> Celery:
    """The app on this Redis."""
    app = Celery("newsletter", broker=_broker_url(redis_url), set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        # For ever: a hundred times, Celery's own choice, are 50 minutes, and then the worker ends.
        broker_connection_max_retries=None,
        # A Redis that is full answers with an error: the worker waits for it as for one that is
        # away, where Celery's own choice ends the worker.
        broker_channel_error_retry=True,
        # Nobody waits long for Redis: what could not be queued is found in SQL within a minute.
        broker_transport_options={"socket_connect_timeout": 3, "socket_timeout": 10},
        task_default_queue=HOUSEWORK,
        # Each with an exchange and key of its own: Celery's default would join them to one.
        task_queues=[
            Queue(name, Exchange(name), routing_key=name) for name in (HOUSEWORK, DELIVERIES)
        ],
        task_routes={"deliveries.*": {"queue": DELIVERIES}},
        timezone="UTC",
        enable_utc=True,
        beat_schedule=SCHEDULE,
        # The schedule is fixed and SQL knows what ran: nothing of beat's need outlive it.
        beat_scheduler="celery.beat:Scheduler",
        imports=["newsletter.tasks.jobs"],
    )
    return app


def _broker_url(redis_url: str) -> str:
    """The same Redis as kombu writes it: a socket begins in another way, the rest is alike."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
