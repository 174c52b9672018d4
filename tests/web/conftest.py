"""The pages within this process, on a real database and Redis, asked as from a peer."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from newsletter import config
from newsletter.domain.newsletter import Newsletter
from newsletter.store import Store
from newsletter.store.editions import newsletters
from newsletter.web.app import create_app
from newsletter.web.dependencies import remote_address
from tests.store.builders import EVENING
from tests.web.browsers import client, pages

__all__ = ["client", "pages"]

SECRET = "0123456789abcdef0123456789abcdef-ghij"
PROXY = "172.18.0.5"


class Pages:
    """The application, asked within this process as from a peer."""

    def __init__(self, app: FastAPI, peer: str) -> None:
        self.app = app
        self._peer = (peer, 1234)

    def get(self, path: str, **said: Any) -> httpx.Response:
        return self._ask("GET", path, **said)

    def post(self, path: str, **said: Any) -> httpx.Response:
        return self._ask("POST", path, **said)

    def _ask(self, method: str, path: str, **said: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=self._peer)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                return await client.request(method, path, **said)

        return asyncio.run(ask())


App = Callable[..., Pages]


@pytest.fixture
def newsletter(store: Store, now) -> Newsletter:
    with store.begin() as session:
        return newsletters.save(session, EVENING, now=now)


@pytest.fixture
def app(store_url: str, redis_url: str, tmp_path: Path, newsletter: Newsletter) -> Iterator[App]:
    """The pages with these settings, as they are asked from a peer."""

    def make(*, peer: str = PROXY, **settings: Any) -> Pages:
        made = create_app(
            config.Settings(
                database_url=store_url,
                redis_url=redis_url,
                secret_key=SECRET,
                editor_password="hunter's moon rises",
                data_dir=tmp_path,
                **settings,
            )
        )

        @made.get("/test/who")
        def who(request: Request) -> str:
            return f"{remote_address(request)} {request.url.scheme}"

        @made.get("/test/fault")
        def fault() -> None:
            raise RuntimeError("a fault of ours")

        stores.append(made.state.site.ports.store)
        return Pages(made, peer)

    stores: list[Store] = []
    yield make
    for one in stores:
        one.dispose()
