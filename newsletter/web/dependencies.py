"""What every handler may ask for: the ports, the editors' password, the newsletter meant."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from newsletter.domain.newsletter import Newsletter
from newsletter.services.ports import Ports
from newsletter.services.queries.newsletters import find_newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """One running web application."""

    ports: Ports
    password: str
    redis_url: str
    is_secure: bool

    def newsletter(self, slug: str) -> Newsletter:
        """The newsletter of that name. Raises NotFoundError when there is none."""
        return find_newsletter(self.ports, slug)


def _site(request: Request) -> AppState:
    return cast("AppState", request.app.state.site)


AppStateDep = Annotated[AppState, Depends(_site)]


def remote_address(request: Request) -> str:
    """Where the request came from; behind trusted proxies it is the reader's address."""
    return request.client.host if request.client else ""
