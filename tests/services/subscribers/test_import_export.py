"""Readers in bulk: imported, exported; added and removed one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.consent import NewSubscriber
from newsletter.domain.subscribers.subscription import EndReason, Subscription, SubscriptionStatus
from newsletter.errors import InputError, NotFoundError
from newsletter.services.subscribers import admin, import_export
from newsletter.services.subscribers.import_export import export_rows, import_subscribers
from newsletter.store import Store
from newsletter.store.editions import newsletters
from newsletter.store.subscribers import subscribers


def stored(store: Store, newsletter: Newsletter) -> dict[str, Subscription]:
    """The subscriptions by address."""
    with store.begin() as session:
        return {one.address: one for one in subscribers.iter_all(session, newsletter.id)}


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["address,name,language,zone", "{row}"], id="our headings"),
        pytest.param(["E-Mail, Name,LANGUAGE,Timezone", "{row}"], id="other words for them"),
        pytest.param(["\ufeffemail,name,language,zone\r\n", "{row}\r\n"], id="from a spreadsheet"),
        pytest.param(["{row}"], id="no headings, in our order"),
        pytest.param(["", "address,name,language,zone", "", "{row}", ""], id="blank lines"),
        pytest.param(["age,zone,name,mail,language", "31,{mixed}"], id="another order"),
    ],
)
def test_a_reader_is_imported_with_what_the_columns_say(store, newsletter, now, lines):
    row = "amal@example.org,Amal Haddad,ar,Asia/Beirut"
    mixed = "Asia/Beirut,Amal Haddad,amal@example.org,ar"

    done = import_subscribers(
        store, newsletter, [line.format(row=row, mixed=mixed) for line in lines], now=now
    )

    one = stored(store, newsletter)["amal@example.org"]
    assert (done.rows, done.new, done.unchanged, done.rejected) == (1, 1, 0, ())
    assert (one.name, one.language, one.zone) == ("Amal Haddad", "ar", "Asia/Beirut")
    assert one.status is SubscriptionStatus.CONFIRMED


def test_a_plain_list_of_addresses_is_enough(store, newsletter, now):
    done = import_subscribers(store, newsletter, ["amal@example.org", "samir@example.org"], now=now)

    assert (done.rows, done.new) == (2, 2)
    assert set(stored(store, newsletter)) == {"amal@example.org", "samir@example.org"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param("amal.example.org,Amal,ar,", "not an email address", id="no address"),
        pytest.param(",Amal,ar,", "not an email address", id="an empty address"),
        pytest.param("amal@example.org,Amal,ar,Beirut", "not a time zone", id="no zone"),
        pytest.param("amal@@example.org", "not an email address", id="a typing mistake"),
        pytest.param("amal@example.org,,,,soon", "neither a time nor a day", id="no time"),
    ],
)
def test_a_bad_row_is_told_by_its_line_and_the_others_go_in(store, newsletter, now, row, why):
    lines = [
        "address,name,language,zone,paused_until",
        "samir@example.org,,,",
        row,
        "lina@example.org,,,",
    ]

    done = import_subscribers(store, newsletter, lines, now=now)

    assert (done.rows, done.new, done.unchanged) == (3, 2, 0)
    (bad,) = done.rejected
    assert (bad.line, bad.text) == (3, row)
    assert why in bad.why
    assert set(stored(store, newsletter)) == {"samir@example.org", "lina@example.org"}


def test_a_cell_of_two_lines_does_not_shift_the_line_that_is_told(store, newsletter, now):
    lines = ["address,name\n", '"amal@example.org","Amal\n', 'Haddad"\n', "nobody,N\n"]

    done = import_subscribers(store, newsletter, lines, now=now)

    assert stored(store, newsletter)["amal@example.org"].name == "Amal Haddad"
    assert [bad.line for bad in done.rejected] == [4]


def test_a_file_without_a_column_of_addresses_is_refused(store, newsletter, now):
    with pytest.raises(InputError, match="No column is called address or email"):
        import_subscribers(store, newsletter, ["name,phone", "Amal,12345"], now=now)

    assert stored(store, newsletter) == {}


def test_one_address_twice_is_one_reader(store, newsletter, now):
    lines = ["amal@example.org", "AMAL@example.org", "samir@example.org"]

    done = import_subscribers(store, newsletter, lines, now=now)

    assert (done.rows, done.new, done.unchanged) == (3, 2, 1)
    assert len(stored(store, newsletter)) == 2


def test_importing_again_changes_nobody(store, newsletter, now):
    lines = ["amal@example.org,Amal", "samir@example.org,Samir"]
    import_subscribers(store, newsletter, lines, now=now)
    before = stored(store, newsletter)

    done = import_subscribers(store, newsletter, lines, now=now + timedelta(days=1))

    assert (done.new, done.unchanged) == (0, 2)
    assert stored(store, newsletter) == before


def test_who_left_is_not_brought_back_by_an_import(store, newsletter, now):
    import_subscribers(store, newsletter, ["amal@example.org"], now=now)
    admin.remove(store, newsletter, "amal@example.org", now=now)

    done = import_subscribers(store, newsletter, ["amal@example.org"], now=now)

    assert (done.new, done.unchanged) == (0, 1)
    assert stored(store, newsletter)["amal@example.org"].status is SubscriptionStatus.ENDED


def test_a_long_import_goes_in_by_batches_and_says_how_far_it_is(store, newsletter, now):
    lines = [f"n{number}@example.org" for number in range(import_export.BATCH + 1)]
    seen: list[int] = []

    done = import_subscribers(store, newsletter, lines, now=now, progress=seen.append)

    assert (done.new, seen) == (
        import_export.BATCH + 1,
        [import_export.BATCH, import_export.BATCH + 1],
    )
    assert len(stored(store, newsletter)) == import_export.BATCH + 1


def test_an_export_has_a_heading_and_a_row_for_each_subscription(store, newsletter, now):
    import_subscribers(store, newsletter, ["amal@example.org,Amal,ar,Asia/Beirut"], now=now)
    with store.begin() as session:
        unsure = NewSubscriber(address="Samir@example.org", address_key="samir@example.org")
        subscribers.request(session, newsletter.id, unsure, now=now)

    heading, *rows = export_rows(store, newsletter)

    at = now.isoformat()
    assert heading[:5] == ("address", "name", "language", "zone", "status")
    assert rows == [
        ("amal@example.org", "Amal", "ar", "Asia/Beirut", "confirmed", at, at, ""),
        ("Samir@example.org", "", "", "", "unconfirmed", at, "", ""),
    ]


def test_a_pause_moves_house_with_its_reader(store, newsletter, now):
    import_subscribers(store, newsletter, ["amal@example.org", "lina@example.org"], now=now)
    ends_at = admin.pause(store, newsletter, "amal@example.org", until=date(2026, 4, 1), now=now)
    lines = [",".join(row) for row in export_rows(store, newsletter)]
    with store.begin() as session:
        other = newsletters.save(session, replace(newsletter, id=0, slug="other"), now=now)

    done = import_subscribers(store, other, lines, now=now)

    found = stored(store, other)
    assert (done.new, done.rejected) == (2, ())
    assert found["amal@example.org"].paused_until == ends_at
    assert found["lina@example.org"].paused_until is None


@pytest.mark.parametrize(
    ("cell", "until"),
    [
        pytest.param("2026-03-31T21:00:00+00:00", datetime(2026, 3, 31, 21, tzinfo=UTC), id="time"),
        pytest.param("2026-04-01", datetime(2026, 3, 31, 21, tzinfo=UTC), id="a day, in its zone"),
        pytest.param("", None, id="none"),
    ],
)
def test_a_pause_is_imported(store, newsletter, now, cell, until):
    lines = ["address,paused_until", f"amal@example.org,{cell}"]

    import_subscribers(store, replace(newsletter, zone="Asia/Beirut"), lines, now=now)

    assert stored(store, newsletter)["amal@example.org"].paused_until == until


def test_who_is_known_is_not_paused_by_an_import(store, newsletter, now):
    admin.add(store, newsletter, "amal@example.org", now=now)

    import_subscribers(
        store, newsletter, ["email,paused_until", "amal@example.org,2026-04-01"], now=now
    )

    assert stored(store, newsletter)["amal@example.org"].paused_until is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param('=HYPERLINK("x")', '\'=HYPERLINK("x")', id="a formula"),
        pytest.param("+1+1", "'+1+1", id="a plus"),
        pytest.param("-1", "'-1", id="a minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="an at sign"),
        pytest.param("Amal = Hope", "Amal = Hope", id="a name with such a sign inside"),
    ],
)
def test_an_export_runs_nothing_in_a_spreadsheet(store, newsletter, now, name, shown):
    known = NewSubscriber(address="amal@example.org", address_key="amal@example.org", name=name)
    with store.begin() as session:
        subscribers.import_confirmed(session, newsletter.id, [known], now=now)

    _, row = export_rows(store, newsletter)

    assert row[1] == shown


def test_an_operator_adds_a_reader_once(store, newsletter, now):
    added = [admin.add(store, newsletter, f" {each}@Example.org", now=now) for each in ("A", "a")]

    assert added == [True, False]
    (one,) = stored(store, newsletter).values()
    assert (one.address, one.status) == ("A@example.org", SubscriptionStatus.CONFIRMED)


def test_what_an_operator_takes_for_an_address_is_checked(store, newsletter, now):
    with pytest.raises(InputError, match="not an email address"):
        admin.add(store, newsletter, "amal at example", now=now)


def test_a_removed_reader_s_subscription_has_ended(store, newsletter, now):
    admin.add(store, newsletter, "amal@example.org", now=now)

    admin.remove(store, newsletter, "AMAL@example.org", now=now + timedelta(days=1))

    (one,) = stored(store, newsletter).values()
    assert (one.status, one.reason) == (SubscriptionStatus.ENDED, EndReason.REMOVED)
    assert one.ended_at == now + timedelta(days=1)


def test_who_is_not_subscribed_cannot_be_removed(store, newsletter, now):
    with pytest.raises(NotFoundError, match="is not subscribed to The Evening Brief"):
        admin.remove(store, newsletter, "amal@example.org", now=now)


def test_a_pause_ends_when_that_day_begins_where_the_newsletter_is(store, newsletter, now):
    beirut = replace(newsletter, zone="Asia/Beirut")
    admin.add(store, beirut, "amal@example.org", now=now)

    ends_at = admin.pause(store, beirut, "Amal@example.org", until=date(2026, 4, 1), now=now)
    paused = stored(store, newsletter)["amal@example.org"].paused_until
    over = admin.pause(store, beirut, "amal@example.org", until=None, now=now)

    assert ends_at == paused == datetime(2026, 3, 31, 21, 0, tzinfo=UTC)  # summer time by then
    assert over is stored(store, newsletter)["amal@example.org"].paused_until is None


@pytest.mark.parametrize(
    ("address", "until", "error"),
    [
        pytest.param("amal@example.org", date(2026, 3, 3), InputError, id="a day that has begun"),
        pytest.param("lina@example.org", date(2026, 3, 4), NotFoundError, id="a stranger"),
        pytest.param("samir@example.org", date(2026, 3, 4), NotFoundError, id="one who left"),
    ],
)
def test_what_cannot_be_paused_is_said(store, newsletter, now, address, until, error):
    for name in ("amal", "samir"):
        admin.add(store, newsletter, f"{name}@example.org", now=now)
    admin.remove(store, newsletter, "samir@example.org", now=now)

    with pytest.raises(error):
        admin.pause(store, newsletter, address, until=until, now=now)

    assert stored(store, newsletter)["amal@example.org"].paused_until is None
