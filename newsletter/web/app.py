"""The web application: public pages, the editors', the ops', and what holds for all of them."""

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from newsletter import config
from newsletter.config.public_url import root_path
from newsletter.domain.client_address import TrustedProxies
from newsletter.tasks.queue import enqueue
from newsletter.web import health, metrics
from newsletter.web.dependencies import AppState
from newsletter.web.editor import editions, sign_in
from newsletter.web.error_handlers import add_error_handlers
from newsletter.web.http_server import security_headers
from newsletter.web.http_server.proxies import BehindProxies
from newsletter.web.outage_log import notice_end
from newsletter.web.public import archive, subscriptions
from newsletter.web.sample_pages import sample_router
from newsletter.web.templating import STATIC


class _App(FastAPI):
    """The application with the proxies around all of it, its page for our own faults included."""

    def build_middleware_stack(self) -> ASGIApp:
        settings: config.Settings = self.state.settings
        return BehindProxies(
            super().build_middleware_stack(),
            trusted=TrustedProxies.parse(settings.trusted_proxies),
            root_path=root_path(settings.public_url),
        )


def create_app(settings: config.Settings) -> FastAPI:
    """The application on these settings, whose URLs name running servers."""
    ports = config.ports(settings, enqueue=enqueue(settings.redis_url))
    # A slash at the end is taken off before: a redirect would name our own host and scheme.
    app = _App(
        title="newsletter", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.settings = settings
    app.state.site = AppState(
        ports=ports,
        password=settings.editor_password.get_secret_value(),
        redis_url=settings.redis_url,
        is_secure=settings.public_url.startswith("https://"),
    )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router, prefix in (
        (health.router, ""),
        (metrics.router, ""),
        (sign_in.router, "/editor"),
        (editions.router, "/editor"),
        (subscriptions.router, ""),
        (archive.router, ""),
    ):
        app.include_router(router, prefix=prefix, dependencies=[Depends(notice_end)])
    if (sample := sample_router(settings.data_dir)) is not None:
        app.include_router(sample)
    add_error_handlers(app)
    security_headers.add_security_headers(app)
    return app
