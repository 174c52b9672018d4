"""Whether the service is well: its database and its Redis."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from redis import Redis, RedisError

from newsletter.errors import InvalidStateError, ReadOnlyError, UnreachableError
from newsletter.services.operations.setup import check_database
from newsletter.web.dependencies import AppState, AppStateDep
from newsletter.web.error_handlers import RETRY_AFTER_S

router = APIRouter()

REDIS_WAIT_S = 1.0  # A check that hangs is worse than one that fails.


@router.api_route("/healthz", methods=["GET", "HEAD"])
def healthz(site: AppStateDep) -> Response:
    """200 when pages can be served. Redis is told, but its loss only slows deliveries down.

    A database that cannot be written, or has not our tables, is none to serve pages from.
    """
    redis = "ok" if redis_answers(site.redis_url) else "unreachable"
    database = _database_state(site)
    if database == "ok":
        return JSONResponse({"status": "ok", "database": "ok", "redis": redis})
    return JSONResponse(
        {"status": "failing", "database": database, "redis": redis},
        status_code=503,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _database_state(site: AppState) -> str:
    try:
        site.ports.store.check()
        check_database(site.ports)
    except ReadOnlyError:
        return "read-only"
    except UnreachableError:
        return "unreachable"
    except InvalidStateError:
        return "of another version"
    return "ok"


def redis_answers(url: str) -> bool:
    try:
        with Redis.from_url(
            url, socket_connect_timeout=REDIS_WAIT_S, socket_timeout=REDIS_WAIT_S
        ) as client:
            return bool(client.ping())
    except RedisError:
        return False
