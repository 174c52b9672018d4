"""The web application: public pages, the editors', the ops', and what holds for all of them."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from newsletter import config
from newsletter.tasks.enqueue import enqueue
from newsletter.web import editor, frame, ops, public
from newsletter.web.failures import add_failures
from newsletter.web.pages import STATIC
from newsletter.web.site import Site


def create_app(settings: config.Settings) -> FastAPI:
    """The application on these settings, whose URLs name running servers."""
    ports = config.ports(settings, enqueue=enqueue(settings.redis_url))
    app = FastAPI(title="newsletter", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = Site(
        ports=ports,
        password=settings.editor_password.get_secret_value(),
        redis_url=settings.redis_url,
        is_secure=settings.public_url.startswith("https://"),
    )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(ops.router)
    app.include_router(editor.router, prefix="/editor")
    app.include_router(public.router)
    add_failures(app)
    frame.add_frame(app)
    return app
