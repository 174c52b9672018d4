"""The sample newsroom's pages and photos, where the demo is shown that links to them."""

from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, Response

from newsletter.errors import NotFoundError
from newsletter.sample.newsroom import MARK, PATH, articles, images, outlets
from newsletter.web.templating import page


def sample_router(data_dir: Path) -> APIRouter | None:
    """Return the routes of the newsroom; None where no demo lies in the data folder."""
    mark = data_dir / MARK
    if not mark.exists():
        return None
    now = datetime.fromisoformat(mark.read_text())
    router = APIRouter(prefix=PATH)

    @router.api_route("/{slug}/photos/{name}", methods=["GET", "HEAD"])
    def photo(slug: str, name: str) -> Response:
        """A photo; all outlets share their folder."""
        del slug
        photos = images()
        if name not in photos:
            raise NotFoundError("There is no such photo.")
        return Response(photos[name], media_type="image/jpeg")

    @router.api_route("/{slug}/{path:path}", methods=["GET", "HEAD"])
    def article(slug: str, path: str) -> Response:
        """An article as its outlet would show it."""
        for outlet in (one for one in outlets() if one.slug == slug):
            for one in articles(outlet):
                if one.path.strip("/") == path.strip("/"):
                    return page(
                        "sample", outlet=outlet, article=one, at=one.published_at(now), path=PATH
                    )
        raise NotFoundError("There is no such article.")

    return router
