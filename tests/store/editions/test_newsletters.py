"""Newsletters: found, made, changed."""

from dataclasses import replace
from datetime import time

import pytest

from newsletter.domain.newsletter import ApprovalPolicy, Newsletter
from newsletter.errors import NotFoundError
from newsletter.store.editions import newsletters

EVENING = Newsletter(
    id=0,
    slug="evening",
    name="The Evening Brief",
    zone="Asia/Beirut",
    sends_at=time(18, 30),
    days=frozenset({1, 2, 3, 4, 5}),
    approval_policy=ApprovalPolicy.REQUIRED,
    sender_address="brief@example.org",
)


def test_a_saved_newsletter_comes_back_as_it_was(store, now):
    with store.begin() as session:
        saved = newsletters.save(session, EVENING, now=now)

    with store.begin() as session:
        assert newsletters.by_slug(session, "evening") == saved == replace(EVENING, id=saved.id)


def test_saving_again_changes_the_same_newsletter(store, now):
    with store.begin() as session:
        first = newsletters.save(session, EVENING, now=now)
        second = newsletters.save(session, replace(EVENING, name="Tonight"), now=now)

    assert (second.id, second.name) == (first.id, "Tonight")


def test_the_only_newsletter_needs_no_name(store, now):
    with store.begin() as session:
        saved = newsletters.save(session, EVENING, now=now)

        assert newsletters.by_slug(session, "") == saved


@pytest.mark.parametrize(
    ("slugs", "asked", "says"),
    [
        pytest.param([], "", "newsletter init", id="none at all"),
        pytest.param(["a"], "b", "there are: a", id="a wrong name"),
        pytest.param(["a", "b"], "", "there are: a, b", id="two that could be meant"),
    ],
)
def test_a_newsletter_that_cannot_be_meant_is_named(store, now, slugs, asked, says):
    with store.begin() as session:
        for slug in slugs:
            newsletters.save(session, replace(EVENING, slug=slug), now=now)

        with pytest.raises(NotFoundError, match=says):
            newsletters.by_slug(session, asked)
