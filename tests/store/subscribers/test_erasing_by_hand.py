"""The statements of docs/data-protection.md do what the page says of them."""

import re
from pathlib import Path

from sqlalchemy import text

from newsletter.store.subscribers import suppressions

PAGE = (Path(__file__).parents[3] / "docs/data-protection.md").read_text()
READ_EVIDENCE, ERASE_PERSON, ERASE_UNCONFIRMED = re.findall(
    r"^```sql\n(.*?)^```$", PAGE, re.M | re.S
)
ANN = "ann@mail.example"
# Ann is subscribed and was sent an edition; Bob signed up two months ago and never confirmed.
WORLD = """
INSERT INTO subscriber (address, address_key, name, language, zone, created_at) VALUES
    ('Ann@mail.example', 'ann@mail.example', 'Ann', '', '', now()),
    ('bob@mail.example', 'bob@mail.example', '', '', '', now() - interval '2 months');
INSERT INTO subscription (newsletter_id, subscriber_id, status, requested_at)
    SELECT :newsletter_id, id, CASE WHEN name = 'Ann' THEN 'confirmed' ELSE 'unconfirmed' END, now()
    FROM subscriber;
INSERT INTO consent (subscription_id, event, channel, remote_address, at)
    SELECT id, 'asked', 'form', '192.0.2.7', now() FROM subscription;
CREATE TABLE delivery_2026_03 PARTITION OF delivery
    FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
INSERT INTO delivery (month, edition_id, subscriber_id, batch, status, due_at, reply)
    SELECT '2026-03-01', 1, id, 0, 'failed', now(), '550 no ' || address FROM subscriber;
"""


def _fill(session, newsletter) -> None:
    for statement in WORLD.split(";\n")[:-1]:
        values = {"newsletter_id": newsletter.id} if ":newsletter_id" in statement else {}
        session.execute(text(statement), values)


def _run(session, page_statements: str) -> None:
    """Run them in the test's transaction: BEGIN and COMMIT are for whoever types them."""
    for statement in page_statements.split(";"):
        if statement.strip() not in {"", "BEGIN", "COMMIT"}:
            session.execute(text(statement))


def test_the_evidence_of_one_person_can_be_read(session, newsletter):
    _fill(session, newsletter)

    rows = session.execute(text(READ_EVIDENCE)).all()

    assert [tuple(row)[1:4] for row in rows] == [("asked", "form", "192.0.2.7")]


def test_an_erased_person_is_in_no_table_and_is_not_mailed_again(session, newsletter):
    _fill(session, newsletter)

    _run(session, ERASE_PERSON)

    tables = ("subscriber", "subscription", "consent", "delivery")
    left = [session.scalars(text(f"SELECT t::text FROM {table} AS t")).all() for table in tables]
    assert not any("ann" in row.lower() for rows in left for row in rows)
    assert [len(rows) for rows in left] == [1, 1, 1, 2]
    assert suppressions.reason(session, ANN) == "erased"


def test_who_never_confirmed_can_be_erased_and_nobody_else_is(session, newsletter):
    _fill(session, newsletter)

    _run(session, ERASE_UNCONFIRMED)

    assert session.scalars(text("SELECT address_key FROM subscriber")).all() == [ANN]
