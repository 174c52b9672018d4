"""The pages in this process, as a browser that keeps its cookies asks them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from newsletter.config import Settings
from newsletter.mail.smtp import RelaySet
from newsletter.store import Store
from newsletter.store.editions import newsletters
from newsletter.web.app import create_app
from tests.store.builders import EVENING

PASSWORD = "open sesame at half past six"


class Browser:
    """Asks the application, one request at a time, and keeps its cookies."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.cookies = httpx.Cookies()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, options))

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        url = "http://127.0.0.1:8000"
        async with httpx.AsyncClient(
            transport=transport, base_url=url, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **options)
        self.cookies = client.cookies
        return answer


Pages = Callable[..., Browser]


@pytest.fixture
def pages(store: Store, store_url: str, redis_url: str, now: datetime) -> Iterator[Pages]:
    """Makes a browser on the pages; settings that are named take the place of the usual ones.

    There is one newsletter, and no relay that answers.
    """
    with store.begin() as session:
        newsletters.save(session, EVENING, now=now)
    apps = []

    def make(**changes: object) -> Browser:
        usual = Settings(
            database_url=store_url,
            redis_url=redis_url,
            smtp_url=RelaySet.parse("smtp://127.0.0.1:9"),
            secret_key=SecretStr("a key for tests only, long enough"),
            editor_password=SecretStr(PASSWORD),
        )
        app = create_app(usual.model_copy(update=changes))
        apps.append(app)
        return Browser(app)

    yield make
    for app in apps:
        app.state.site.ports.store.dispose()


@pytest.fixture
def client(pages: Pages) -> Browser:
    return pages()
