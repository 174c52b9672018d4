"""What one house exports another imports: the same readers, and nobody who had left."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from io import StringIO

import pytest

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.services.subscribers import admin
from newsletter.services.subscribers.import_export import export_rows, import_subscribers
from newsletter.store import Store
from newsletter.store.editions import newsletters
from newsletter.store.subscribers import subscribers


@pytest.fixture
def other(store, newsletter, now):
    """The newsletter that takes the readers over."""
    with store.begin() as session:
        return newsletters.save(session, replace(newsletter, slug="new"), now=now)


def stored(store: Store, newsletter: Newsletter) -> list[tuple[str, str]]:
    with store.begin() as session:
        return sorted(
            (one.address, one.name) for one in subscribers.iter_all(session, newsletter.id)
        )


def written(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The rows as lines of a CSV file."""
    file = StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().splitlines(keepends=True)


def reader(address: str, name: str = "") -> NewSubscriber:
    return NewSubscriber(address=address, address_key=address.lower(), name=name)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        pytest.param("amal@example.org", "Amal Haddad", id="as most are"),
        pytest.param("=amal@example.org", "", id="an address like a formula"),
        pytest.param("+amal@example.org", "", id="an address with a plus before it"),
        pytest.param("-amal@example.org", "", id="an address with a minus before it"),
        pytest.param("amal@example.org", '=HYPERLINK("x")', id="a name like a formula"),
        pytest.param("amal@example.org", "@amal", id="a name with an at sign before it"),
        pytest.param("amal@example.org", "'Amal'", id="a name in quotation marks"),
        pytest.param("'amal@example.org", "'t Hooft", id="an apostrophe of their own"),
    ],
)
def test_an_exported_reader_is_imported_as_the_one_it_was(
    store, newsletter, other, now, address, name
):
    with store.begin() as session:
        subscribers.import_confirmed(session, newsletter.id, [reader(address, name)], now=now)

    done = import_subscribers(store, other, written(export_rows(store, newsletter)), now=now)

    assert (done.rows, done.rejected) == (1, ())
    assert stored(store, other) == stored(store, newsletter) == [(address, name)]


def test_who_had_left_or_never_confirmed_does_not_move_along(store, newsletter, other, now):
    import_subscribers(store, newsletter, ["amal@example.org", "lina@example.org"], now=now)
    admin.remove(store, newsletter, "lina@example.org", now=now)
    with store.begin() as session:
        subscribers.request(session, newsletter.id, reader("samir@example.org"), now=now)

    done = import_subscribers(store, other, written(export_rows(store, newsletter)), now=now)

    assert stored(store, other) == [("amal@example.org", "")]
    assert (done.rows, done.new) == (3, 1)
    assert {(bad.text.partition(",")[0], bad.why) for bad in done.rejected} == {
        ("lina@example.org", "It is marked “ended”, so it is not subscribed."),
        ("samir@example.org", "It is marked “unconfirmed”, so it is not subscribed."),
    }


@pytest.mark.parametrize(
    ("status", "is_imported"),
    [
        pytest.param("", True, id="nothing said"),
        pytest.param("confirmed", True, id="our own word"),
        pytest.param(" Subscribed ", True, id="another's word"),
        pytest.param("ACTIVE", True, id="in capitals"),
        pytest.param("ended", False, id="ended"),
        pytest.param("Unconfirmed", False, id="unconfirmed"),
        pytest.param("unsubscribed", False, id="unsubscribed"),
        pytest.param("bounced", False, id="a word we do not know"),
    ],
)
def test_only_rows_marked_as_subscribed_are_imported(store, newsletter, now, status, is_imported):
    lines = ["email,status", f"amal@example.org,{status}"]

    done = import_subscribers(store, newsletter, lines, now=now)

    assert (done.new, len(done.rejected)) == ((1, 0) if is_imported else (0, 1))
    assert bool(stored(store, newsletter)) is is_imported
    assert [(bad.line, status.casefold() in bad.why) for bad in done.rejected] == (
        [] if is_imported else [(2, True)]
    )
