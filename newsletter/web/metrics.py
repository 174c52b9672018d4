"""Numbers for Prometheus: how many of what, and since when."""

from datetime import datetime

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from newsletter.domain.editions.states import is_stopped
from newsletter.services.operations.status import NewsletterStatus, Status, status
from newsletter.web.dependencies import AppState, AppStateDep
from newsletter.web.health import redis_answers

router = APIRouter()


@router.get("/metrics")
def metrics(site: AppStateDep) -> Response:
    """Gauges out of the database, in Prometheus's text format; no address is in it."""
    found = status(site.ports)
    return Response(generate_latest(_gauges(found, site)), media_type=CONTENT_TYPE_LATEST)


def _gauges(found: Status, site: AppState) -> CollectorRegistry:
    registry = CollectorRegistry()
    readers = _gauge(registry, "subscriptions", "Subscriptions", "newsletter", "status")
    sent = _gauge(registry, "deliveries", "Deliveries of the last edition", "newsletter", "status")
    next_at = _gauge(registry, "next_edition_timestamp_seconds", "Next minute", "newsletter")
    goes_out = _gauge(
        registry,
        "next_edition_goes_out",
        "0 when the next edition does not go out as things stand",
        *("newsletter", "reason"),
    )
    stopped = _gauge(registry, "editions_stopped", "Stopped in mid-run", "newsletter")
    ran_at = _gauge(registry, "job_last_run_timestamp_seconds", "A job's last end", "job")
    for standing in found.newsletters:
        slug = standing.newsletter.slug
        next_at.labels(slug).set(standing.next_at.timestamp())
        forecast = standing.forecast
        goes_out.labels(slug, forecast.reason.value).set(forecast.goes_out is not False)
        stopped.labels(slug).set(sum(map(is_stopped, standing.editions)))
        for state, count in standing.subscriptions.items():
            readers.labels(slug, state.value).set(count)
        for outcome, count in _last_deliveries(standing):
            sent.labels(slug, outcome).set(count)
    for job, (moment, _) in found.ticks.items():
        ran_at.labels(job).set(moment.timestamp())
    polled = [feed for feed in found.feeds if feed.is_polled]
    _gauge(registry, "feeds", "Feeds that are read").set(len(polled))
    in_trouble = sum(bool(feed.failures) for feed in polled)
    _gauge(registry, "feeds_in_trouble", "Feeds that failed last time").set(in_trouble)
    up = _gauge(registry, "redis_up", "Whether Redis answers")
    up.set(redis_answers(site.redis_url))
    return registry


def _gauge(registry: CollectorRegistry, name: str, description: str, *labels: str) -> Gauge:
    return Gauge(f"newsletter_{name}", description, labels, registry=registry)


def _last_deliveries(standing: NewsletterStatus) -> list[tuple[str, int]]:
    """How the deliveries of the last edition that was frozen stand."""
    frozen: list[tuple[datetime, int]] = [
        (edition.frozen_at, edition.id) for edition in standing.editions if edition.frozen_at
    ]
    if not frozen:
        return []
    counts = standing.deliveries[max(frozen)[1]]
    return [(state.value, count) for state, count in counts.items()]
