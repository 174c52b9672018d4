"""Quotas on a real Redis, in a time of the test's."""

import pytest

from newsletter.throttle import shared_limiter
from tests.patience import HANGS_S
from tests.throttle.limiter_simulation import Quotas


@pytest.fixture(autouse=True)
def _patience_with_a_redis_that_is_well(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wait for the run's Redis as long as it takes: on a busy machine it is slow, not away."""
    if "redis_url" in request.fixturenames:
        monkeypatch.setattr(shared_limiter, "WAIT_S", HANGS_S)


@pytest.fixture
def quotas(redis_url: str) -> Quotas:
    """Makes runs' quotas; it is BEGIN until the test says at()."""
    return Quotas(redis_url)
