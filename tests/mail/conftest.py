"""Quotas on a real Redis, in a time of the test's."""

import pytest

from tests.mail.pacing_world import Quotas


@pytest.fixture
def quotas(redis_url: str) -> Quotas:
    """Makes runs' quotas; it is BEGIN until the test says at()."""
    return Quotas(redis_url)
