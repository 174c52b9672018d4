"""A run: what it has written down at each moment, of whichever batch a message is."""

import math

import pytest

from newsletter.domain.delivery import Reply
from newsletter.mail.journal import Journal, left_behind
from newsletter.services import mailing
from newsletter.services.judge import Judge
from newsletter.services.run import Hand, Run
from newsletter.store.batches import Batch, Due
from tests.services.worlds import composed

AMAL, LINA = 1, 2


@pytest.fixture
def run(ports, store, newsletter, now):
    """A run that has two batches in hand: Amal's, and then Lina's."""
    edition = composed(store, newsletter, now=now)
    master = mailing.master(
        ports, mailing.rendered(ports, edition, newsletter), edition, newsletter
    )
    made = Run(ports, newsletter, master, Judge(ports, edition, newsletter))
    made.holds_until = math.inf
    for key in (AMAL, LINA):
        address = f"{key}@example.org"
        due = Due(key, key, address, address, "", is_wanted=True, attempts=0)
        batch = Batch(
            edition_id=edition.id, batch=key, month=edition.on, fence=1, deliveries=(due,)
        )
        journal = Journal(ports.journal, edition_id=edition.id, batch=key, fence=1)
        made.hands.append(Hand(batch, journal, allowed=1))
    return made


def test_an_answer_stands_in_its_journal_before_a_message_of_another_batch_begins(ports, run):
    for _ in (AMAL, LINA):
        envelope = run.next()
        assert run.begun(envelope)
        run.answered(envelope, Reply(code=250))

    for hand in run.hands:
        hand.journal._pending.clear()  # what the process had not written down when it was killed
        hand.journal.leave()
    with left_behind(ports.journal) as found:
        in_doubt = [left.begun - set(left.answered) for left, _ in found]
    assert in_doubt == [set(), {LINA}]
