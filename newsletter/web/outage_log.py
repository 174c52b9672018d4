"""What the pages write into the log about a database, Redis or relay that is away: twice."""

from collections.abc import Iterator

from newsletter.errors import UnreachableError
from newsletter.services.outages import (
    Service,
    is_away,
    report_end,
    report_outage,
    service_of,
)
from newsletter.web.dependencies import AppStateDep


def report_unreachable(error: UnreachableError) -> None:
    """Write it into the log, unless it stands there: a thousand readers meet one outage."""
    report_outage(service_of(error), str(error))


def notice_end(site: AppStateDep) -> Iterator[None]:
    """Around a page: once it could be made, see whether the database that was away is back."""
    yield
    if is_away(Service.DATABASE):
        site.ports.store.check()
        report_end(Service.DATABASE)
